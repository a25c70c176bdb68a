using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Pagewise.Replay.Tests.Machines;

/// <summary>As much of JSON Schema as the schema of machine files uses, over YAML with plain scalars: what an editor would say.</summary>
internal static class JsonSchemaCheck
{
    public static bool Accepts(string schema, string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return stream.Documents.Count == 0 || Accepts(JsonNode.Parse(schema)!.AsObject(), stream.Documents[0].RootNode);
    }

    private static bool Accepts(JsonObject schema, YamlNode node)
    {
        string[] types = [.. TypesOf(node)];
        foreach ((string keyword, JsonNode? value) in schema)
        {
            bool holds = keyword switch
            {
                "$schema" or "title" or "description" or "additionalProperties" => true,
                "type" => (value is JsonArray many ? many.Select(one => (string)one!) : [(string)value!]).Intersect(types, StringComparer.Ordinal).Any(),
                "enum" => node is YamlScalarNode scalar && value!.AsArray().Any(one => one!.ToString() == scalar.Value),
                "minimum" => !types.Contains("number", StringComparer.Ordinal) || Number(node) >= Number(value!),
                "maximum" => !types.Contains("number", StringComparer.Ordinal) || Number(node) <= Number(value!),
                "maxItems" => node is not YamlSequenceNode list || list.Children.Count <= (int)value!,
                "pattern" => !types.Contains("string", StringComparer.Ordinal) || Regex.IsMatch(((YamlScalarNode)node).Value!, (string)value!, RegexOptions.CultureInvariant),
                "anyOf" => value!.AsArray().Any(one => Accepts(one!.AsObject(), node)),
                "items" => node is not YamlSequenceNode sequence || sequence.All(item => Accepts(value!.AsObject(), item)),
                "properties" or "patternProperties" => node is not YamlMappingNode mapping || AcceptsEntries(schema, mapping),
                _ => throw new NotSupportedException(keyword),
            };
            if (!holds)
                return false;
        }

        return true;
    }

    private static bool AcceptsEntries(JsonObject schema, YamlMappingNode mapping)
    {
        foreach ((YamlNode key, YamlNode value) in mapping)
        {
            string name = ((YamlScalarNode)key).Value!;
            List<JsonObject> own = [];
            if (schema["properties"]?[name] is JsonObject property)
                own.Add(property);
            foreach ((string pattern, JsonNode? one) in schema["patternProperties"]?.AsObject() ?? [])
            {
                if (Regex.IsMatch(name, pattern, RegexOptions.CultureInvariant))
                    own.Add(one!.AsObject());
            }

            if (own.Count == 0 || !own.TrueForAll(one => Accepts(one, value)))
                return false;
        }

        return true;
    }

    // YAML's core schema: what a plain scalar is depends on how it looks.
    private static IEnumerable<string> TypesOf(YamlNode node)
    {
        if (node is YamlMappingNode)
            return ["object"];
        if (node is YamlSequenceNode)
            return ["array"];
        string text = ((YamlScalarNode)node).Value ?? "";
        if (text is "" or "~" or "null")
            return ["null"];
        if (text is "true" or "false")
            return ["boolean"];
        if (Regex.IsMatch(text, "^[-+]?[0-9]+$"))
            return ["integer", "number"];
        return Regex.IsMatch(text, "^[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?$") ? ["number"] : ["string"];
    }

    private static double Number(YamlNode node) => double.Parse(((YamlScalarNode)node).Value!, CultureInfo.InvariantCulture);

    private static double Number(JsonNode node) => double.Parse(node.ToString(), CultureInfo.InvariantCulture);
}
