using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// valgrind shows a stat call's pointer, not what it points to. While the program runs the files are still there, so
/// the status of a regular file is looked up by its path.
/// </summary>
internal sealed class FileStatusFiller
{
    private const uint RegularFile = 0x8000;

    private readonly string _folder;

    public FileStatusFiller(string folder) => _folder = folder;

    /// <summary>Fills in the status that the batch's successful stat calls returned.</summary>
    public void Fill(EventBatch batch)
    {
        for (int i = 0; i < batch.Calls.Count; i++)
        {
            ref CallRecord call = ref batch.Calls[i];
            if (call.Sysno is not (Sysno.Stat or Sysno.Lstat or Sysno.Fstat or Sysno.Newfstatat) || call.Result != 0 || call.PayloadKind != PayloadKind.None)
                continue;
            int id = call.Path != 0 ? call.Path : call.FdPath;
            if (id == 0)
                continue;
            var file = new FileInfo(Path.Combine(_folder, batch.Strings.GetString(id)));
            // A library's usual name is a symbolic link: all calls but lstat speak of the file that it leads to.
            if (call.Sysno != Sysno.Lstat && file.Exists && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
                file = target;
            if (file.Exists && (file.Attributes & FileAttributes.Directory) == 0)
            {
                uint mode = RegularFile | (OperatingSystem.IsWindows() ? 0 : (uint)file.UnixFileMode);
                batch.SetPayload(ref call, PayloadKind.FileStatus, new CallFileStatus { Mode = mode, HasSize = true, SizeBytes = file.Length });
            }
        }
    }
}
