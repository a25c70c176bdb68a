using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pagewise.Replay.Machines;

/// <summary>The JSON schema of machine files, which editors read (machines/machine.schema.json). It comes of the tables that the parser uses.</summary>
public static class MachineSchema
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The schema's text, with a line end.</summary>
    public static string Text()
    {
        var properties = new JsonObject();
        foreach (MachineSetting setting in MachineSetting.All.Where(setting => !setting.Key.Contains('.', StringComparison.Ordinal)))
            properties[setting.Key] = setting.Schema();
        foreach (MachineSection section in MachineSection.All)
            properties[section.Key] = section.Schema();
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "A machine of pagewise",
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
        return schema.ToJsonString(Written) + "\n";
    }
}
