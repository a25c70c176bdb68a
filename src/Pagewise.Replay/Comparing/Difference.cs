namespace Pagewise.Replay.Comparing;

/// <summary>A recorded result that the model did not reproduce.</summary>
/// <param name="Line">The recording's line, from 1.</param>
/// <param name="What">What was compared: a call's name, "maps", "touch", a field of a copy.</param>
/// <param name="Expected">What was recorded.</param>
/// <param name="Got">What the model did.</param>
public readonly record struct Difference(long Line, string What, string Expected, string Got)
{
    /// <summary>The file that the line is in; null: the recording itself.</summary>
    public string? File { get; init; }

    /// <summary>One line: <c>LINE: WHAT: expected …, got …</c>.</summary>
    public override string ToString() => $"{Line}: {What}: expected {Expected}, got {Got}";
}
