namespace Pagewise.Reports.RunFiles;

/// <summary>A zone and its marks at the end, without the boost (table watermark), in pages of 4 KiB.</summary>
/// <param name="Zone">Its name, such as Normal.</param>
/// <param name="Node">Its node.</param>
/// <param name="Min">Min mark.</param>
/// <param name="Low">Low mark.</param>
/// <param name="High">High mark.</param>
/// <param name="Managed">Pages that the buddy allocator has.</param>
/// <param name="StartPfn">The first frame.</param>
/// <param name="Spanned">Frames from the first to the last.</param>
public sealed record RunWatermark(string Zone, int Node, long Min, long Low, long High, long Managed, long StartPfn, long Spanned);
