using System.Text.Json;

namespace Pagewise.Reports.Snapshots;

/// <summary>The JSON form of a snapshot: docs/run-file.md.</summary>
public static class MachineSnapshotJson
{
    /// <summary>Writes it, UTF-8, on one line.</summary>
    public static byte[] Write(MachineSnapshot snapshot) => JsonSerializer.SerializeToUtf8Bytes(snapshot, MachineSnapshotContext.Default.MachineSnapshot);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">The text is no snapshot.</exception>
    public static MachineSnapshot Read(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, MachineSnapshotContext.Default.MachineSnapshot) ?? throw new JsonException("a snapshot was expected");
}
