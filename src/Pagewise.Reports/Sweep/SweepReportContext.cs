using System.Text.Json.Serialization;

namespace Pagewise.Reports.Sweep;

/// <summary>Serialization of sweeps, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SweepReport))]
internal sealed partial class SweepReportContext : JsonSerializerContext;
