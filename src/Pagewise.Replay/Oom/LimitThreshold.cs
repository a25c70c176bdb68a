namespace Pagewise.Replay.Oom;

/// <summary>A size at which something first happens to a program whose memory.max shrinks.</summary>
/// <param name="Event">What happens: <c>reclaims</c>, <c>refaults</c>, <c>crawls</c> (takes more than ten times as long), <c>dies</c>.</param>
/// <param name="Above">The smallest limit tried at which it does not happen.</param>
/// <param name="Below">The largest limit tried at which it does; null: it never does, down to one page.</param>
public sealed record LimitThreshold(string Event, LimitTrial Above, LimitTrial? Below);
