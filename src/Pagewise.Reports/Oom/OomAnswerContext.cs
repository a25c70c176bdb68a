using System.Text.Json.Serialization;

namespace Pagewise.Reports.Oom;

/// <summary>Serialization of answers, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<OomAnswer>))]
internal sealed partial class OomAnswerContext : JsonSerializerContext;
