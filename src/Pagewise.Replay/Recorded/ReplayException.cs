namespace Pagewise.Replay.Recorded;

/// <summary>A recording cannot be replayed, by no fault of Pagewise. The message is one clear line.</summary>
public sealed class ReplayException(string message) : Exception(message);
