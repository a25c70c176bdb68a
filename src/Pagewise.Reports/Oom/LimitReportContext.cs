using System.Text.Json.Serialization;

namespace Pagewise.Reports.Oom;

/// <summary>Serialization of limits that were found, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LimitReport))]
internal sealed partial class LimitReportContext : JsonSerializerContext;
