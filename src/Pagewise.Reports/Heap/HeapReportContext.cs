using System.Text.Json.Serialization;

namespace Pagewise.Reports.Heap;

[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HeapReport))]
[JsonSerializable(typeof(HeapMap))]
[JsonSerializable(typeof(HeapWhyRss))]
[JsonSerializable(typeof(HeapWhatIfReport))]
internal sealed partial class HeapReportContext : JsonSerializerContext;
