namespace Pagewise.Workloads;

/// <summary>A note: its whole line and, in it, the body that follows the marker and the pid.</summary>
public struct NoteRecord
{
    /// <summary>Where the line starts in the batch's bytes; read it with <see cref="EventBatch.Line(in NoteRecord)"/>.</summary>
    public int LineOffset;

    /// <summary>The line's length in bytes, without its end.</summary>
    public int LineLength;

    /// <summary>Where in the line the body starts; read it with <see cref="EventBatch.Body(in NoteRecord)"/>.</summary>
    public int BodyStart;

    /// <summary>What the line says.</summary>
    public NoteKind Kind;

    /// <summary>The number that the kind carries, or 0; see <see cref="NoteKind"/>.</summary>
    public ulong Value;
}
