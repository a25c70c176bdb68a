using System.Text.Json.Serialization;
using Pagewise.Reports.Run;

namespace Pagewise.Reports.RunFiles;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(MachineFacts))]
[JsonSerializable(typeof(RunProc))]
[JsonSerializable(typeof(SortedDictionary<string, long[]>))]
internal sealed partial class RunFileContext : JsonSerializerContext;
