namespace Pagewise.Replay.Recorded;

/// <summary>A file that was open before the first recorded call, as the header describes it.</summary>
/// <param name="Fd">Its descriptor.</param>
/// <param name="IsWritable">Whether it was opened for writing too.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="FileSystem">Its file system, such as ext4 or tmpfs.</param>
/// <param name="WriteBytes">The size of the writes that have just filled it, which decides in what folios it is cached; 0 when it was read in page by page.</param>
public readonly record struct PreopenedFile(int Fd, bool IsWritable, ulong SizeBytes, string FileSystem, ulong WriteBytes = 0);
