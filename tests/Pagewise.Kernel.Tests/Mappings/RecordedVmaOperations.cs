using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Tasks;
using Pagewise.Kernel.Tests.AddressSpaces;
using Pagewise.Workloads.Tests;

namespace Pagewise.Kernel.Tests.Mappings;

/// <summary>
/// Does a recorded seed of random operations in a 32-page arena on a machine (guest/vmaops: Linux 6.1; guest/host_live:
/// 6.18) and says after each what the kernel said: result, bytes read, faults, areas with flags, what each page's entry maps.
/// </summary>
internal sealed class RecordedVmaOperations : IDisposable
{
    private const ulong Base = 0x3000_0000_0000;
    private const ulong ArenaBytes = 32 << 12;

    private readonly Machine _machine;
    private readonly int _task;
    private readonly int _fd;
    private string[] _words = [];

    public RecordedVmaOperations(KernelVersion kernel)
    {
        _machine = Machine.Create(new MachineSpec { Kernel = kernel, MemoryBytes = 8UL << 20, Thp = ThpMode.Never });
        _task = _machine.SystemCalls.CreateInitialTask(1000, "wl");
        _fd = (int)_machine.SystemCalls.MemfdCreate(_task, "orc", MemfdFlags.None).Raw;
        _machine.SystemCalls.Ftruncate(_task, _fd, 16 * 4096).IsError.ShouldBeFalse();
        _machine.SystemCalls.Pwrite(_task, _fd, 16 * 4096, 0).Raw.ShouldBe(16 * 4096);
        WriteFirstBytes();
    }

    /// <summary>The recorded lines of a seed.</summary>
    public static string[] Lines(string folder, int seed) =>
        Encoding.ASCII.GetString(Oracle.Plain($"guest/{folder}/vmaops.seed{seed}.txt.xz"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .ToArray();

    /// <summary>Does the operation of a recorded line and gives the line that the model would have written.</summary>
    public string Do(string line)
    {
        string operation = line[..line.IndexOf(" ; ", StringComparison.Ordinal)];
        operation = operation[..operation.LastIndexOf(" -> ", StringComparison.Ordinal)];
        _words = operation.Split(' ');
        string outcome = _words[1] is "read" or "write" ? Access() : Call();
        new SpaceValidator(_machine.AddressSpaces).Validate(_machine.Tasks.Tasks[_task].Mm);
        _machine.Validate();
        return $"{operation} -> {outcome} ; VMAS{Areas()} ; PTES {Entries()}";
    }

    public void Dispose() => _machine.Dispose();

    // The recorder's file says on each page which one it is; written here through a mapping that then goes.
    private void WriteFirstBytes()
    {
        const ulong at = Base + (64 << 12);
        SysResult map = _machine.SystemCalls.Mmap(_task, at, 16 << 12, Prot.Read | Prot.Write, MapFlags.Shared | MapFlags.Fixed, _fd, 0);
        map.Address.ShouldBe(at);
        for (uint page = 0; page < 16; page++)
            _machine.WriteMemory(_task, at + (page << 12), BitConverter.GetBytes(0xF0000UL + page)).IsResolved.ShouldBeTrue();
        _machine.SystemCalls.Munmap(_task, at, 16 << 12).IsError.ShouldBeFalse();
    }

    private string Access()
    {
        ref TaskStruct task = ref _machine.Tasks.Tasks[_task];
        long minor = task.MinorFaults;
        long major = task.MajorFaults;
        bool isWrite = _words[1] == "write";
        Span<byte> bytes = stackalloc byte[8];
        BitConverter.TryWriteBytes(bytes, 0xA0000UL + ulong.Parse(_words[0], CultureInfo.InvariantCulture));
        FaultOutcome outcome = isWrite ? _machine.WriteMemory(_task, Address(2), bytes) : _machine.ReadMemory(_task, Address(2), bytes);
        string result = outcome.Signal switch
        {
            Signal.None when isWrite => "ok",
            Signal.None => $"ok value 0x{BitConverter.ToUInt64(bytes):x}",
            Signal.Bus => $"SIGBUS code {(int)outcome.Code}",
            _ => $"SIGSEGV code {(int)outcome.Code}",
        };
        return $"{result} dmin {task.MinorFaults - minor} dmaj {task.MajorFaults - major}";
    }

    private string Call()
    {
        SystemCalls.SystemCalls calls = _machine.SystemCalls;
        const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;
        SysResult result = _words[1] switch
        {
            "mmap_anon_private" => Mmap(Anonymous | MapFlags.Fixed, -1),
            "mmap_anon_noreplace" => Mmap(Anonymous | MapFlags.FixedNoReplace, -1),
            "mmap_anon_shared" => Mmap(MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed, -1),
            "mmap_file_private" => Mmap(MapFlags.Private | MapFlags.Fixed, _fd),
            "mmap_file_shared" => Mmap(MapFlags.Shared | MapFlags.Fixed, _fd),
            "munmap" => calls.Munmap(_task, Address(2), Length(3)),
            "mprotect" => calls.Mprotect(_task, Address(2), Length(3), ProtOf(_words[4])),
            "madvise" => calls.Madvise(_task, Address(2), Length(3), Enum.Parse<Madvice>(_words[4], ignoreCase: true)),
            "mlock" => calls.Mlock(_task, Address(2), Length(3), MlockFlags.None),
            "munlock" => calls.Munlock(_task, Address(2), Length(3)),
            "mremap_inplace" => calls.Mremap(_task, Address(2), Length(3), Length(6), MremapFlags.None, 0),
            "mremap_fixed" => calls.Mremap(_task, Address(2), Length(3), Length(6), MremapFlags.MayMove | MremapFlags.Fixed, Address(5)),
            _ => throw new InvalidOperationException($"unknown operation '{_words[1]}'"),
        };
        return result.IsError ? result.Errno.ToString() : "0";
    }

    private SysResult Mmap(MapFlags flags, int fd) => _machine.SystemCalls.Mmap(
        _task, Address(2), Length(3), ProtOf(_words[4]), flags, fd, _words.Length > 6 ? Length(6) : 0);

    private string Areas()
    {
        StringBuilder text = new();
        ref MmStruct mm = ref _machine.AddressSpaces.Mms[_machine.Tasks.Tasks[_task].Mm];
        for (int vma = mm.Mmap; vma != 0; vma = _machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref _machine.AddressSpaces.Vmas[vma];
            if (area.Start >= Base + ArenaBytes)
                break;
            text.Append(CultureInfo.InvariantCulture, $" {(area.Start - Base) >> 12}+{area.Pages}:");
            text.Append(Has(in area, VmFlags.Read, "r", "-")).Append(Has(in area, VmFlags.Write, "w", "-"));
            text.Append(Has(in area, VmFlags.Exec, "x", "-")).Append(Has(in area, VmFlags.MayShare, "s", "p"));
            if (area.Inode != 0)
            {
                bool isMemfd = _machine.Inodes.NameOf(area.Inode).StartsWith("/memfd", StringComparison.Ordinal);
                text.Append(CultureInfo.InvariantCulture, $":{(isMemfd ? 'f' : 'z')}{area.PgOff}");
            }

            text.Append(Has(in area, VmFlags.Locked, ":lo", "")).Append(Has(in area, VmFlags.DontCopy, ":dc", ""));
            text.Append(Has(in area, VmFlags.DontDump, ":dd", "")).Append(Has(in area, VmFlags.RandRead, ":rr", ""));
            text.Append(Has(in area, VmFlags.Account, ":ac", ""));
        }

        return text.ToString();
    }

    // As /proc/PID/pagemap tells it: none, file or shared, anonymous and mapped once, other anonymous.
    private string Entries()
    {
        StringBuilder text = new();
        int mm = _machine.Tasks.Tasks[_task].Mm;
        for (ulong address = Base; address < Base + ArenaBytes; address += 4096)
        {
            uint pfn = _machine.FindFrame(mm, address);
            ref readonly PageFrame frame = ref _machine.MemMap[pfn];
            bool isAnonymous = (frame.Flags & PageFlags.Anon) != 0;
            text.Append(pfn == 0 ? '.' : (frame.Flags & PageFlags.PageCache) != 0 ? 'f' : isAnonymous && frame.MapCount == 1 ? 'x' : 's');
        }

        return text.ToString();
    }

    private static string Has(in VmArea area, VmFlags flag, string yes, string no) => (area.Flags & flag) != 0 ? yes : no;

    private ulong Address(int word) => Base + Length(word);

    private ulong Length(int word) => ulong.Parse(_words[word], CultureInfo.InvariantCulture) << 12;

    private static Prot ProtOf(string text) =>
        (text[0] == 'r' ? Prot.Read : 0) | (text[1] == 'w' ? Prot.Write : 0) | (text[2] == 'x' ? Prot.Exec : 0);
}
