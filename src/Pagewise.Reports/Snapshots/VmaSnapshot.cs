namespace Pagewise.Reports.Snapshots;

/// <summary>An area as /proc/PID/maps shows it, with what is behind its pages.</summary>
/// <param name="StartPage">Its first page's number: the address divided by 4096.</param>
/// <param name="Pages">Pages of 4 KiB.</param>
/// <param name="Access">"rw-p" and its like.</param>
/// <param name="OffsetPages">Where in the file it begins.</param>
/// <param name="Name">The file, "[heap]" and its like, or nothing.</param>
/// <param name="ResidentPages">Pages mapped.</param>
/// <param name="SwappedPages">Pages in swap.</param>
public sealed record VmaSnapshot(long StartPage, long Pages, string Access, long OffsetPages, string Name, long ResidentPages, long SwappedPages);
