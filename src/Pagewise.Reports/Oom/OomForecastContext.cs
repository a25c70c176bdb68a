using System.Text.Json.Serialization;

namespace Pagewise.Reports.Oom;

/// <summary>Serialization of forecasts, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OomForecastReport))]
internal sealed partial class OomForecastContext : JsonSerializerContext;
