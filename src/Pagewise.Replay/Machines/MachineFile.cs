using Pagewise.Kernel;

namespace Pagewise.Replay.Machines;

/// <summary>
/// A machine file: YAML, read strictly. Unknown keys, doubled keys and absurd values are errors with their place and the
/// nearest name. What a file does not say stays as it was.
/// </summary>
public static class MachineFile
{
    private const int SizeLimit = 1 << 20;

    // Of these a file may have one: each says all of where the RAM lies.
    private static readonly string[] Layouts = ["memory", "nodes", "zones"];

    /// <summary>Reads a file and lays it over a machine.</summary>
    /// <exception cref="MachineFileException">The file cannot be read or is wrong.</exception>
    public static MachineSpec Apply(MachineSpec spec, string path) => Apply(spec, path, HostFile.ReadText(path, SizeLimit, "a machine file") ?? throw new MachineFileException(path, "no such file"));

    /// <summary>Lays the text of a machine file over a machine.</summary>
    /// <param name="spec">The machine.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">The YAML.</param>
    /// <exception cref="MachineFileException">The text is wrong.</exception>
    public static MachineSpec Apply(MachineSpec spec, string file, string text)
    {
        MachineNode root = new MachineYaml(file, text).Read();
        var steps = new List<(int Order, MachineNode Value, MachineSetting Setting)>();
        CheckTwice(file, root.Entries!);
        foreach ((MachineNode key, MachineNode value) in root.Entries!)
        {
            if (MachineSection.All.FirstOrDefault(section => section.Key == key.Text) is { } section)
                AddSection(file, section, value, steps);
            else
                steps.Add((OrderOf(key.Text!), value, FindTop(file, key)));
        }

        CheckLayouts(file, root.Entries!);
        // In the order of the table, so that what builds upon something else comes after it wherever it stands.
        foreach ((_, MachineNode value, MachineSetting setting) in steps.OrderBy(step => step.Order))
            spec = setting.TryApply(spec, TextOf(file, setting, value)) ?? throw value.Wrong(file, $"{setting.Key}: expected {setting.Expects}");
        return spec;
    }

    private static MachineSetting FindTop(string file, MachineNode key)
    {
        if (MachineSetting.All.FirstOrDefault(setting => setting.Key == key.Text) is { } found)
            return found;
        List<string> names = [.. MachineSetting.All.Select(setting => setting.Key), .. MachineSection.All.Select(section => section.Key)];
        throw key.Wrong(file, $"unknown key '{key.Text}'; {MachineSetting.Meant(key.Text!, names, "known keys are " + string.Join(", ", names))}");
    }

    private static void AddSection(string file, MachineSection section, MachineNode value, List<(int Order, MachineNode Value, MachineSetting Setting)> steps)
    {
        if (value.IsEmpty)
            return;
        if (value.Entries is null)
            throw value.Wrong(file, $"{section.Key}: expected 'key: value' lines");
        CheckTwice(file, value.Entries);
        foreach ((MachineNode key, MachineNode entry) in value.Entries)
        {
            string name = key.Text!;
            if (entry.Entries is null || section.Fields.Count == 0)
            {
                MachineSetting? setting = section.Entry(name);
                if (setting is null && section.IsName(name))
                    throw entry.Wrong(file, $"{section.Key}.{name}: expected a mapping of {string.Join(", ", section.Fields)}");
                steps.Add((section.IsOpen ? int.MaxValue - 1 : OrderOf(setting?.Key), entry, setting ?? throw Unknown(file, section, key)));
                continue;
            }

            if (!section.IsName(name))
                throw Unknown(file, section, key);
            var fields = new List<(string Path, MachineNode Key, MachineNode Value)>();
            Flatten(file, section, "", entry, fields);
            foreach ((string field, MachineNode place, MachineNode fieldValue) in fields.OrderBy(one => section.Fields.ToList().IndexOf(one.Path)))
            {
                MachineSetting setting = section.Field(name, field)
                    ?? throw place.Wrong(file, $"unknown key '{field}'; {MachineSetting.Meant(field, section.Fields, "known keys are " + string.Join(", ", section.Fields))}");
                steps.Add((int.MaxValue, fieldValue, setting));
            }
        }
    }

    // "limits: { memory: 300Mi }" and "limits.memory: 300Mi" are the same.
    private static void Flatten(string file, MachineSection section, string prefix, MachineNode node, List<(string Path, MachineNode Key, MachineNode Value)> fields)
    {
        foreach ((MachineNode key, MachineNode value) in node.Entries!)
        {
            string path = prefix.Length == 0 ? key.Text! : $"{prefix}.{key.Text}";
            if (value.Entries is not null && section.Fields.Any(field => field.StartsWith(path + ".", StringComparison.Ordinal)))
            {
                Flatten(file, section, path, value, fields);
                continue;
            }

            if (fields.Exists(field => field.Path == path))
                throw key.Wrong(file, $"'{path}' is given twice");
            fields.Add((path, key, value));
        }
    }

    private static MachineFileException Unknown(string file, MachineSection section, MachineNode key) => section.IsOpen
        ? key.Wrong(file, $"'{key.Text}' is no name in {section.Key}: expected {section.Description}")
        : key.Wrong(file, $"unknown key '{key.Text}'; {MachineSetting.Meant(key.Text!, section.Names, "known keys are " + string.Join(", ", section.Names))}");

    private static void CheckTwice(string file, IReadOnlyList<(MachineNode Key, MachineNode Value)> entries)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((MachineNode key, _) in entries)
        {
            if (!seen.Add(key.Text!))
                throw key.Wrong(file, $"'{key.Text}' is given twice");
        }
    }

    private static void CheckLayouts(string file, IReadOnlyList<(MachineNode Key, MachineNode Value)> entries)
    {
        MachineNode? first = null;
        foreach ((MachineNode key, _) in entries)
        {
            if (!Layouts.Contains(key.Text, StringComparer.Ordinal))
                continue;
            if (first is not null)
                throw key.Wrong(file, $"'{key.Text}' beside '{first.Text}': one of {string.Join(", ", Layouts)} says where the RAM lies");
            first = key;
        }
    }

    private static string TextOf(string file, MachineSetting setting, MachineNode value)
    {
        if (value.Text is not null)
            return value.Text;
        if (value.Items is null || setting.ListSeparator.Length == 0 || value.Items.Any(item => item.Text is null))
            throw value.Wrong(file, $"expected {setting.Expects}");
        return string.Join(setting.ListSeparator, value.Items.Select(item => item.Text));
    }

    private static int OrderOf(string? key)
    {
        for (int i = 0; i < MachineSetting.All.Count; i++)
        {
            if (MachineSetting.All[i].Key == key)
                return i;
        }

        return MachineSetting.All.Count;
    }
}
