namespace Pagewise.Reports.RunFiles;

/// <summary>The machine's whole state at a moment (tables snapshot and snapshot_body).</summary>
/// <param name="Id">Its number, from 1, in order of time.</param>
/// <param name="TimeNs">When, virtual nanoseconds.</param>
/// <param name="Event">Events of the recording replayed by then.</param>
/// <param name="Line">The recording's line replayed last.</param>
/// <param name="Reason"><c>time</c>, <c>oom</c> or <c>end</c>.</param>
/// <param name="Body">The snapshot's JSON, compressed with Brotli; <see cref="RunFileReader.Snapshot"/> reads it.</param>
public sealed record RunSnapshot(long Id, long TimeNs, long Event, long Line, string Reason, byte[] Body);
