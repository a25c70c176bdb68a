using System.Text.Json.Serialization;

namespace Pagewise.Reports.Snapshots;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MachineSnapshot))]
internal sealed partial class MachineSnapshotContext : JsonSerializerContext;
