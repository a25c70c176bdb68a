namespace Pagewise.Replay.Machines;

/// <summary>A value of a machine file with its place: a scalar, a mapping or a list.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Text">A scalar's text; null when it is a mapping or a list.</param>
internal sealed record MachineNode(long Line, long Column, string? Text)
{
    /// <summary>A mapping's entries in their order; null when it is none.</summary>
    public IReadOnlyList<(MachineNode Key, MachineNode Value)>? Entries { get; init; }

    /// <summary>A list's items; null when it is none.</summary>
    public IReadOnlyList<MachineNode>? Items { get; init; }

    /// <summary>Whether nothing is there: <c>key:</c> with nothing after it.</summary>
    public bool IsEmpty => Text is "" or "~" or "null";

    /// <summary>A fault here.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="message">What was expected.</param>
    public MachineFileException Wrong(string file, string message) => new(file, Line, Column, message);
}
