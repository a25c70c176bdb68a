using System.Globalization;
using System.Text.RegularExpressions;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Replay.Recorded;

/// <summary>
/// What a recording's header says of the machine it was made on, such as
/// <c># kernel 6.18.44; strace 6.1; ASLR off (setarch -R); THP always [madvise] never; overcommit_memory 0</c>.
/// What it does not say is null.
/// </summary>
public sealed partial class RecordingSettings
{
    /// <summary>The kernel release.</summary>
    public KernelVersion? Kernel { get; private set; }

    /// <summary>Whether addresses were randomised.</summary>
    public bool? Aslr { get; private set; }

    /// <summary>Transparent huge pages.</summary>
    public ThpMode? Thp { get; private set; }

    /// <summary>vm.overcommit_memory.</summary>
    public int? OvercommitMemory { get; private set; }

    /// <summary>User id of the first task.</summary>
    public uint? Uid { get; private set; }

    /// <summary>CAP_IPC_LOCK.</summary>
    public bool? CapIpcLock { get; private set; }

    /// <summary>CAP_SYS_RESOURCE.</summary>
    public bool? CapSysResource { get; private set; }

    /// <summary>CAP_SYS_ADMIN.</summary>
    public bool? CapSysAdmin { get; private set; }

    /// <summary>Memory in bytes.</summary>
    public ulong? MemoryBytes { get; private set; }

    /// <summary>Swap in bytes.</summary>
    public ulong? SwapBytes { get; private set; }

    /// <summary>read_ahead_kb of the device that holds the files.</summary>
    public int? ReadAheadKb { get; private set; }

    /// <summary>Whether it was made under valgrind, which places programs and mappings itself, not as Linux does.</summary>
    public bool IsPlacedByValgrind { get; private set; }

    /// <summary>
    /// Whether it begins at a start state that is recorded beside it (<c># start-state: before</c>): calls that led there may be
    /// left out, so which addresses were free cannot be known from it.
    /// </summary>
    public bool BeginsAtStartState { get; private set; }

    /// <summary>Files that were open before the first recorded call.</summary>
    public IReadOnlyList<PreopenedFile> Files => _files;

    private const string StartState = "# start-state: before";
    private const ulong StdioBytes = 4096;
    private const ulong CopyBytes = 65536;

    private readonly List<PreopenedFile> _files = [];

    /// <summary>Takes in the text of one header line.</summary>
    public void Read(string text)
    {
        if (KernelPattern().Match(text) is { Success: true } kernel && KernelVersion.TryParse(kernel.Groups[1].ValueSpan, out KernelVersion version))
            Kernel = version;
        if (AslrPattern().Match(text) is { Success: true } aslr)
            Aslr = aslr.Groups[1].ValueSpan is "on";
        if (ThpPattern().Match(text) is { Success: true } thp)
            Thp = thp.Groups[1].Value switch { "always" => ThpMode.Always, "never" => ThpMode.Never, _ => ThpMode.Madvise };
        if (OvercommitPattern().Match(text) is { Success: true } overcommit)
            OvercommitMemory = overcommit.Groups[1].ValueSpan[0] - '0';
        if (UidPattern().Match(text) is { Success: true } uid && uint.TryParse(uid.Groups[1].ValueSpan, out uint id))
            Uid = id;
        foreach (Match cap in CapPattern().Matches(text))
        {
            bool has = cap.Groups[2].ValueSpan is "yes";
            switch (cap.Groups[1].Value)
            {
                case "IPC_LOCK":
                    CapIpcLock = has;
                    break;
                case "SYS_RESOURCE":
                    CapSysResource = has;
                    break;
                case "SYS_ADMIN":
                    CapSysAdmin = has;
                    break;
            }
        }

        if (MemoryPattern().Match(text) is { Success: true } memory)
            MemoryBytes = Bytes(memory.Groups[1].Value, memory.Groups[2].Value) ?? MemoryBytes;
        if (SwapPattern().Match(text) is { Success: true } swap)
            SwapBytes = Bytes(swap.Groups[1].Value, swap.Groups[2].Value) ?? SwapBytes;
        if (ReadAheadPattern().Match(text) is { Success: true } readAhead)
            ReadAheadKb = int.Parse(readAhead.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        IsPlacedByValgrind |= ValgrindPattern().IsMatch(text);
        BeginsAtStartState |= text.StartsWith(StartState, StringComparison.Ordinal);
        ReadFiles(text);
    }

    /// <summary>The machine of the recording: what it says, laid over the machine that is assumed where it is silent.</summary>
    public MachineSpec Apply(MachineSpec assumed) => assumed with
    {
        Kernel = Kernel ?? assumed.Kernel,
        RandomizeVaSpace = Aslr is null ? assumed.RandomizeVaSpace : Aslr.Value ? 2 : 0,
        Thp = Thp ?? assumed.Thp,
        OvercommitMemory = OvercommitMemory ?? assumed.OvercommitMemory,
        Uid = Uid ?? assumed.Uid,
        CapIpcLock = CapIpcLock ?? assumed.CapIpcLock,
        CapSysResource = CapSysResource ?? assumed.CapSysResource,
        CapSysAdmin = CapSysAdmin ?? assumed.CapSysAdmin,
        MemoryBytes = MemoryBytes ?? assumed.MemoryBytes,
        SwapBytes = SwapBytes ?? assumed.SwapBytes,
        ReadAheadKb = ReadAheadKb ?? assumed.ReadAheadKb,
    };

    // "fds: 3 log, 4 ro file 5 MiB ext4, 5 rw file 5 MiB ext4"; "fds as in vmfuzz" is the same set. A file may be followed
    // by "in 64 KiB writes". Without it the first file counts as written through a stdio buffer, which has st_blksize =
    // 4096 bytes (head -c 5M, fwrite, Python's files), and the writable one as its copy: cp, copy_file_range and sendfile
    // splice through a pipe of 16 pages, so they write 64 KiB at a time.
    private void ReadFiles(string text)
    {
        if (text.Contains("fds as in vmfuzz", StringComparison.Ordinal))
            text = "4 ro file 5 MiB ext4, 5 rw file 5 MiB ext4";
        foreach (Match file in FilePattern().Matches(text))
        {
            if (int.TryParse(file.Groups[1].ValueSpan, out int fd) && Bytes(file.Groups[3].Value, file.Groups[4].Value) is { } size)
            {
                bool isWritable = file.Groups[2].ValueSpan is "rw";
                ulong writeBytes = Bytes(file.Groups[6].Value, "KiB") ?? (isWritable ? CopyBytes : StdioBytes);
                _files.Add(new PreopenedFile(fd, isWritable, size, file.Groups[5].Value, writeBytes));
            }
        }
    }

    private static ulong? Bytes(string number, string unit)
    {
        int shift = unit switch { "KiB" => 10, "MiB" => 20, "GiB" => 30, "TiB" => 40, _ => 0 };
        return ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value <= ulong.MaxValue >> 44
            ? value << shift
            : null;
    }

    [GeneratedRegex(@"\bkernel (\d{1,4}\.\d{1,4})")]
    private static partial Regex KernelPattern();

    [GeneratedRegex(@"\bASLR (on|off)\b")]
    private static partial Regex AslrPattern();

    [GeneratedRegex(@"\bTHP [a-z ]*\[(always|madvise|never)\]")]
    private static partial Regex ThpPattern();

    [GeneratedRegex(@"\bovercommit(?:_memory)? ([012])\b")]
    private static partial Regex OvercommitPattern();

    [GeneratedRegex(@"\buid (\d{1,9})\b")]
    private static partial Regex UidPattern();

    [GeneratedRegex(@"\bCAP_(IPC_LOCK|SYS_RESOURCE|SYS_ADMIN) (yes|no)\b")]
    private static partial Regex CapPattern();

    [GeneratedRegex(@"; valgrind[ -]\d|^==\d+== Lackey")]
    private static partial Regex ValgrindPattern();

    [GeneratedRegex(@"\bRAM (\d{1,9}) (KiB|MiB|GiB|TiB)\b")]
    private static partial Regex MemoryPattern();

    [GeneratedRegex(@"\bread_ahead_kb (\d{1,6})\b")]
    private static partial Regex ReadAheadPattern();

    [GeneratedRegex(@"\bswap (\d{1,9}) (KiB|MiB|GiB|TiB)\b")]
    private static partial Regex SwapPattern();

    [GeneratedRegex(@"\b(\d{1,6}) (ro|rw) file (\d{1,9}) (KiB|MiB|GiB) (\w+)(?: in (\d{1,6}) KiB writes)?")]
    private static partial Regex FilePattern();
}
