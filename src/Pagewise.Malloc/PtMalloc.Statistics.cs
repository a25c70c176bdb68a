using System.Globalization;
using System.Text;

namespace Pagewise.Malloc;

/// <content>What a program can ask about its heap: mallinfo2(3), malloc_stats(3), malloc_info(3).</content>
public sealed partial class PtMalloc<TAbi, TRelease, TMemory, TSys>
{
    /// <summary>mallinfo2(3), over all arenas.</summary>
    public MallInfo Mallinfo2()
    {
        MallInfo sum = default;
        ulong av = _mainArena;
        do
        {
            MallInfo arena = IntMallinfo(av);
            sum = new MallInfo
            {
                Arena = sum.Arena + arena.Arena,
                OrdBlks = sum.OrdBlks + arena.OrdBlks,
                SmBlks = sum.SmBlks + arena.SmBlks,
                FsmBlks = sum.FsmBlks + arena.FsmBlks,
                UordBlks = sum.UordBlks + arena.UordBlks,
                FordBlks = sum.FordBlks + arena.FordBlks,
                HBlks = sum.HBlks + arena.HBlks,
                HBlkHd = sum.HBlkHd + arena.HBlkHd,
                KeepCost = sum.KeepCost + arena.KeepCost,
            };
            av = NextArena(av);
        }
        while (av != _mainArena);
        return sum;
    }

    /// <summary>mallinfo(3): the same numbers cut to an int each, as the old interface has them.</summary>
    public MallInfo Mallinfo()
    {
        MallInfo info = Mallinfo2();
        return new MallInfo
        {
            Arena = Int(info.Arena),
            OrdBlks = Int(info.OrdBlks),
            SmBlks = Int(info.SmBlks),
            HBlks = Int(info.HBlks),
            HBlkHd = Int(info.HBlkHd),
            FsmBlks = Int(info.FsmBlks),
            UordBlks = Int(info.UordBlks),
            FordBlks = Int(info.FordBlks),
            KeepCost = Int(info.KeepCost),
        };

        static ulong Int(ulong value) => (ulong)(int)(uint)value;
    }

    /// <summary>malloc_stats(3): the text it prints to stderr.</summary>
    public string MallocStats()
    {
        var text = new StringBuilder();
        uint systemBytes = (uint)_mp.MmappedMem;
        uint inUseBytes = (uint)_mp.MmappedMem;
        int number = 0;
        ulong av = _mainArena;
        do
        {
            MallInfo info = IntMallinfo(av);
            text.Append(CultureInfo.InvariantCulture, $"Arena {number++}:\n");
            AppendBytes(text, (uint)info.Arena, (uint)info.UordBlks);
            systemBytes += (uint)info.Arena;
            inUseBytes += (uint)info.UordBlks;
            av = NextArena(av);
        }
        while (av != _mainArena);
        text.Append("Total (incl. mmap):\n");
        AppendBytes(text, systemBytes, inUseBytes);
        text.Append(CultureInfo.InvariantCulture, $"max mmap regions = {_mp.MaxNMmaps,10}\n");
        text.Append(CultureInfo.InvariantCulture, $"max mmap bytes   = {_mp.MaxMmappedMem,10}\n");
        return text.ToString();

        static void AppendBytes(StringBuilder text, uint system, uint inUse) => text
            .Append(CultureInfo.InvariantCulture, $"system bytes     = {system,10}\n")
            .Append(CultureInfo.InvariantCulture, $"in use bytes     = {inUse,10}\n");
    }

    /// <summary>malloc_info(3) with options 0: the XML it writes.</summary>
    public string MallocInfo()
    {
        var xml = new StringBuilder("<malloc version=\"1\">\n");
        ArenaTotals all = default;
        ulong aspace = 0;
        ulong aspaceMprotect = 0;
        int number = 0;
        ulong av = _mainArena;
        do
        {
            xml.Append(CultureInfo.InvariantCulture, $"<heap nr=\"{number++}\">\n<sizes>\n");
            ArenaTotals arena = AppendSizes(xml, av);
            arena.System = SystemMem(av);
            arena.MaxSystem = MaxSystemMem(av);
            xml.Append("</sizes>\n");
            AppendTotals(xml, arena, null);
            if (av != _mainArena)
                AppendHeaps(xml, av, ref aspace, ref aspaceMprotect);
            else
                AppendMainSpace(xml, arena.System, ref aspace, ref aspaceMprotect);
            xml.Append("</heap>\n");
            all.Add(arena);
            av = NextArena(av);
        }
        while (av != _mainArena);
        AppendTotals(xml, all, $"<total type=\"mmap\" count=\"{_mp.NMmaps}\" size=\"{_mp.MmappedMem}\"/>\n");
        AppendSpace(xml, aspace, aspaceMprotect);
        return xml.Append("</malloc>\n").ToString();
    }

    private MallInfo IntMallinfo(ulong av)
    {
        ulong fastBlocks = 0;
        ulong fastBytes = 0;
        for (int i = 0; i < NFastbins; i++)
        {
            for (ulong p = ReadWord(FastbinAt(av, i)); p != 0; p = RevealPtr(Chunk2Mem(p)))
            {
                fastBlocks++;
                fastBytes += ChunkSize(p);
            }
        }

        ulong blocks = 1;
        ulong free = ChunkSize(Top(av)) + fastBytes;
        for (int i = 1; i < NBins; i++)
        {
            ulong bin = BinAt(av, i);
            for (ulong p = Bk(bin); p != bin; p = Bk(p))
            {
                blocks++;
                free += ChunkSize(p);
            }
        }

        bool main = av == _mainArena;
        return new MallInfo
        {
            Arena = SystemMem(av),
            OrdBlks = blocks,
            SmBlks = fastBlocks,
            FsmBlks = fastBytes,
            UordBlks = SystemMem(av) - free,
            FordBlks = free,
            HBlks = main ? (ulong)_mp.NMmaps : 0,
            HBlkHd = main ? _mp.MmappedMem : 0,
            KeepCost = main ? ChunkSize(Top(av)) : 0,
        };
    }

    private struct ArenaTotals
    {
        public ulong FastBlocks;
        public ulong FastBytes;
        public ulong Blocks;
        public ulong Bytes;
        public ulong System;
        public ulong MaxSystem;

        public void Add(ArenaTotals other)
        {
            FastBlocks += other.FastBlocks;
            FastBytes += other.FastBytes;
            Blocks += other.Blocks;
            Bytes += other.Bytes;
            System += other.System;
            MaxSystem += other.MaxSystem;
        }
    }

    // The sizes of binned chunks are printed with their flag bits, as glibc prints them: 33 for 32.
    private ArenaTotals AppendSizes(StringBuilder xml, ulong av)
    {
        ArenaTotals totals = default;
        for (int i = 0; i < NFastbins; i++)
        {
            ulong first = ReadWord(FastbinAt(av, i));
            if (first == 0)
                continue;
            ulong count = 0;
            for (ulong p = first; p != 0; p = RevealPtr(Chunk2Mem(p)))
                count++;
            ulong size = ChunkSize(first);
            totals.FastBlocks += count;
            totals.FastBytes += count * size;
            AppendSize(xml, "size", size - AlignMask, size, count * size, count);
        }

        totals.Blocks = 1;
        totals.Bytes = ChunkSize(Top(av));
        string unsorted = "";
        for (int i = 1; i < NBins; i++)
        {
            ulong bin = BinAt(av, i);
            ulong from = ulong.MaxValue;
            ulong to = 0;
            ulong total = 0;
            ulong count = 0;
            for (ulong p = Fd(bin); p != bin; p = Fd(p))
            {
                ulong head = Head(p);
                count++;
                total += head;
                from = Math.Min(from, head);
                to = Math.Max(to, head);
            }

            if (count == 0)
                continue;
            totals.Blocks += count;
            totals.Bytes += total;
            if (i > 1)
            {
                AppendSize(xml, "size", from, to, total, count);
                continue;
            }

            var line = new StringBuilder();
            AppendSize(line, "unsorted", from, to, total, count);
            unsorted = line.ToString();
        }

        xml.Append(unsorted);
        return totals;
    }

    private static void AppendSize(StringBuilder xml, string element, ulong from, ulong to, ulong total, ulong count) =>
        xml.Append(CultureInfo.InvariantCulture, $"  <{element} from=\"{from}\" to=\"{to}\" total=\"{total}\" count=\"{count}\"/>\n");

    private static void AppendTotals(StringBuilder xml, ArenaTotals totals, string? mmap) => xml
        .Append(TRelease.HasFastbins ? $"<total type=\"fast\" count=\"{totals.FastBlocks}\" size=\"{totals.FastBytes}\"/>\n" : "")
        .Append(CultureInfo.InvariantCulture, $"<total type=\"rest\" count=\"{totals.Blocks}\" size=\"{totals.Bytes}\"/>\n")
        .Append(mmap)
        .Append(CultureInfo.InvariantCulture, $"<system type=\"current\" size=\"{totals.System}\"/>\n")
        .Append(CultureInfo.InvariantCulture, $"<system type=\"max\" size=\"{totals.MaxSystem}\"/>\n");

    private static void AppendSpace(StringBuilder xml, ulong total, ulong mprotect) => xml
        .Append(CultureInfo.InvariantCulture, $"<aspace type=\"total\" size=\"{total}\"/>\n")
        .Append(CultureInfo.InvariantCulture, $"<aspace type=\"mprotect\" size=\"{mprotect}\"/>\n");

    private static void AppendMainSpace(StringBuilder xml, ulong system, ref ulong total, ref ulong mprotect)
    {
        AppendSpace(xml, system, system);
        total += system;
        mprotect += system;
    }

    private void AppendHeaps(StringBuilder xml, ulong av, ref ulong total, ref ulong mprotect)
    {
        ulong size = 0;
        ulong writable = 0;
        ulong count = 0;
        for (ulong heap = HeapForPtr(Top(av)); heap != 0; heap = HeapPrev(heap))
        {
            size += HeapSize(heap);
            writable += HeapMprotectSize(heap);
            count++;
        }

        AppendSpace(xml, size, writable);
        xml.Append(CultureInfo.InvariantCulture, $"<aspace type=\"subheaps\" size=\"{count}\"/>\n");
        total += size;
        mprotect += writable;
    }
}
