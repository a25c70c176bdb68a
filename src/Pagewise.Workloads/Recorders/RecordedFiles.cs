using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// What valgrind does not show of files, looked up while the program runs and they are still there: the status that a
/// stat call returned, and the file itself where a path leads to it through symbolic links (as <c>strace -y</c> names
/// it, and /proc/PID/maps).
/// </summary>
internal sealed class RecordedFiles
{
    private const uint RegularFile = 0x8000;

    private readonly string _folder;
    private readonly Dictionary<int, int> _real = [];

    public RecordedFiles(string folder) => _folder = folder;

    /// <summary>Completes a batch's calls.</summary>
    public void Complete(EventBatch batch)
    {
        for (int i = 0; i < batch.Calls.Count; i++)
        {
            ref CallRecord call = ref batch.Calls[i];
            call.FdPath = Real(call.FdPath, batch.Strings);
            call.ResultPath = Real(call.ResultPath, batch.Strings);
            if (call.Sysno is Sysno.Stat or Sysno.Fstat or Sysno.Newfstatat && call.Result == 0 && call.PayloadKind == PayloadKind.None)
                FillStatus(batch, ref call);
        }
    }

    private void FillStatus(EventBatch batch, ref CallRecord call)
    {
        int id = Real(call.Path != 0 ? call.Path : call.FdPath, batch.Strings);
        if (id == 0)
            return;
        var file = new FileInfo(batch.Strings.GetString(id));
        if (!file.Exists)
            return;
        uint mode = RegularFile | (OperatingSystem.IsWindows() ? 0 : (uint)file.UnixFileMode);
        batch.SetPayload(ref call, PayloadKind.FileStatus, new CallFileStatus { Mode = mode, HasSize = true, SizeBytes = file.Length });
    }

    /// <summary>The string of the file that a path leads to; the path's own where there is none.</summary>
    private int Real(int path, StringTable strings)
    {
        if (path == 0)
            return 0;
        if (!_real.TryGetValue(path, out int real))
        {
            string? target = RealPath(Path.Combine(_folder, strings.GetString(path)));
            real = target is null ? path : strings.Intern(System.Text.Encoding.UTF8.GetBytes(target));
            _real[path] = real;
        }

        return real;
    }

    private static string? RealPath(string path)
    {
        try
        {
            return Resolve(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It went away while the program ran.
            return null;
        }
    }

    private static string? Resolve(string path)
    {
        // Only files and directories: opening a device or a pipe may have effects.
        FileAttributes attributes = new FileInfo(path).Attributes;
        if ((int)attributes == -1 || (attributes & FileAttributes.Device) != 0)
            return null;
        string real = Path.GetFullPath(path);
        string seen = Path.GetPathRoot(real) ?? "/";
        foreach (string part in real.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(seen, part);
            seen = new FileInfo(next).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next;
        }

        return seen;
    }
}
