using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Pagewise.Malloc;
using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Releases;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>
/// What a heap recording says before its first call: the program, the libc, the tunables, where the heap starts and
/// what lies around it. What it does not say has the values of x86-64, glibc 2.36, no tunables.
/// </summary>
public sealed class HeapPrologue
{
    private readonly List<(ulong Start, ulong End)> _maps = [];

    /// <summary>The command line; empty when not recorded.</summary>
    public string Program { get; private set; } = "";

    /// <summary>The glibc release, such as "2.36"; empty when not recorded.</summary>
    public string Release { get; private set; } = "";

    /// <summary>The platform: x86_64, i386 or armhf.</summary>
    public string Platform { get; private set; } = "x86_64";

    /// <summary>The value of GLIBC_TUNABLES.</summary>
    public string Tunables { get; private set; } = "";

    /// <summary>What the format does not have, so that it does not determine addresses; empty for heap recordings.</summary>
    public string Lacks { get; private set; } = "";

    /// <summary>The break at the first call; 0 when not recorded.</summary>
    public ulong HeapStart { get; private set; }

    /// <summary>What was mapped at the first call, the stack and libraries included.</summary>
    public IReadOnlyList<(ulong Start, ulong End)> Maps => _maps;

    /// <summary>The first address of libc's writable data; 0 when not recorded.</summary>
    public ulong LibcData { get; private set; }

    /// <summary>Where the stack's mapping starts; 0 when not recorded.</summary>
    public ulong StackStart { get; private set; }

    /// <summary>CPUs that malloc's arena limit counts; 0 when not recorded.</summary>
    public int Cpus { get; private set; }

    /// <summary>
    /// Where mappings are placed below (<c>mmap_base</c>). The dynamic loader is mapped first and so ends there, whatever the
    /// randomisation.
    /// </summary>
    public ulong MmapTop
    {
        get
        {
            ulong top = 0;
            foreach ((_, ulong end) in _maps)
                top = end <= StackStart ? Math.Max(top, end) : top;
            return top > HeapStart && !Is32Bit ? top : (Is32Bit ? FlatLayout.I386 : FlatLayout.X8664).MmapTop;
        }
    }

    /// <summary>The release to replay on: the recorded one, or 2.36 when none was recorded.</summary>
    public string ModelledRelease => Release.Length > 0 ? Release : "2.36";

    /// <summary>Whether pointers have 4 bytes.</summary>
    public bool Is32Bit => Platform != "x86_64";

    /// <summary>Says of a recording that its platform or release is not modelled.</summary>
    public RecordingException NotModelled(string file) => AllocatorModels.Platforms.Contains(Platform)
        ? new RecordingException(file, $"is of glibc {ModelledRelease}; modelled are {string.Join(", ", AllocatorModels.Releases)}")
        : new RecordingException(file, $"is of {Platform}; modelled are {string.Join(", ", AllocatorModels.Platforms)}");

    /// <summary>Takes a note that stands before the first call.</summary>
    public void Take(EventBatch batch, in NoteRecord note)
    {
        ArgumentNullException.ThrowIfNull(batch);
        switch (note.Kind)
        {
            case NoteKind.HeapProgram:
                Program = Encoding.UTF8.GetString(batch.Body(note)).Trim();
                break;
            case NoteKind.HeapGlibc:
                string[] words = Encoding.UTF8.GetString(batch.Body(note)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
                Release = words.Length > 0 ? words[0] : "";
                Platform = words.Length > 3 ? words[3] : words.Contains("32") ? "i386" : "x86_64";
                break;
            case NoteKind.HeapLacks:
                Lacks = Encoding.UTF8.GetString(batch.Body(note)).Trim();
                break;
            case NoteKind.HeapTunables:
                Tunables = Encoding.UTF8.GetString(batch.Body(note)).Trim();
                break;
            case NoteKind.HeapStart:
                HeapStart = note.Value;
                break;
            case NoteKind.Comment when batch.Body(note).StartsWith("cpus "u8):
                Cpus = Utf8Parser.TryParse(batch.Body(note)["cpus ".Length..], out int cpus, out _) && cpus > 0 ? cpus : 0;
                break;
            case NoteKind.Map:
                TakeMap(Encoding.UTF8.GetString(batch.Body(note)));
                break;
        }
    }

    /// <summary>The address space that the recording describes.</summary>
    /// <param name="placedByQemu">Whether the program ran under qemu-user, which places mappings its own way.</param>
    /// <param name="foldBits">See <see cref="FlatLayout.FoldBits"/>; 0 for as many as the layout has.</param>
    public FlatAddressSpace CreateAddressSpace(bool placedByQemu, int foldBits = 0)
    {
        FlatLayout layout = (Is32Bit ? FlatLayout.I386 : FlatLayout.X8664) with
        {
            Placement = placedByQemu ? FlatPlacement.QemuUser : FlatPlacement.TopDown,
            AlignsHugeMappings = !Is32Bit,
        };
        if (HeapStart != 0)
            layout = layout with { StartBreak = HeapStart };
        if (!placedByQemu)
            layout = layout with { MmapTop = MmapTop };
        if (foldBits != 0)
            layout = layout with { FoldBits = foldBits };
        var space = new FlatAddressSpace(layout);
        foreach ((ulong start, ulong end) in _maps)
        {
            if (end <= layout.MmapTop && (end <= layout.StartBreak || start >= layout.MmapBottom))
                space.Occupy(start, end - start);
        }

        return space;
    }

    /// <summary>The options of the allocator that the recording describes.</summary>
    /// <typeparam name="TRelease">The release, which reads the tunables.</typeparam>
    /// <param name="tunables">A value of <c>GLIBC_TUNABLES</c> instead of the recorded one; null keeps that.</param>
    public MallocOptions CreateOptions<TRelease>(string? tunables = null)
        where TRelease : struct, IGlibcRelease => new()
        {
            MainArenaAddress = MainArenaAddress,
            KnownBreak = HeapStart,
            Cpus = Cpus > 0 ? Cpus : new MallocOptions().Cpus,
            Tunables = MallocTunables.Parse<TRelease>(tunables ?? Tunables),
        };

    /// <summary>Where <c>main_arena</c> is taken to lie: in libc's data, or where no memory is when that was not recorded.</summary>
    public ulong MainArenaAddress => LibcData != 0 ? LibcData + MainArenaOffset : Is32Bit ? 0xfffe0000UL : 0x7fffffff0000;

    // Where main_arena lies in libc's data differs from build to build; the links of bins' ends show it, no block does.
    private ulong MainArenaOffset => Is32Bit ? 0x780UL : 0xc60;

    private void TakeMap(string line)
    {
        string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 2 || fields[0].Split('-') is not [string from, string to]
            || !ulong.TryParse(from, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong start)
            || !ulong.TryParse(to, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong end) || end <= start)
        {
            return;
        }

        _maps.Add((start, end));
        string name = fields.Length > 5 ? Path.GetFileName(fields[5]) : "";
        if (name == "[stack]")
            StackStart = start;
        if (LibcData == 0 && fields[1].StartsWith("rw", StringComparison.Ordinal)
            && (name.StartsWith("libc.so", StringComparison.Ordinal) || name.StartsWith("libc-2", StringComparison.Ordinal)))
        {
            LibcData = start;
        }
    }
}
