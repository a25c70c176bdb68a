using System.Text.Json.Serialization;

namespace Pagewise.Reports.Compare;

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunComparison))]
internal sealed partial class RunComparisonContext : JsonSerializerContext;
