using System.Text.Json.Nodes;
using Pagewise.Kernel;

namespace Pagewise.Replay.Machines;

/// <summary>
/// One thing that can be said of a machine, in a machine file or as <c>--set key=value</c>: sysctls by their own names,
/// the rest by the names of <c>machines/*.yaml</c>. The table is the only one: messages, the JSON schema for editors and
/// the parser come of it.
/// </summary>
public sealed partial class MachineSetting
{
    private readonly Func<MachineSpec, string, MachineSpec> _apply;
    private readonly JsonObject _schema;

    internal MachineSetting(string key, string expects, JsonObject schema, Func<MachineSpec, string, MachineSpec> apply)
    {
        Key = key;
        Expects = expects;
        _schema = schema;
        _apply = apply;
    }

    /// <summary>The key, as <c>--set</c> takes it. In a machine file "limits.stack" stands as "stack" under "limits".</summary>
    public string Key { get; }

    /// <summary>What a value has to be, as a phrase after "expected".</summary>
    public string Expects { get; }

    /// <summary>What stands between the items when the value is written as a list; empty: it may not be.</summary>
    internal string ListSeparator { get; init; } = "";

    /// <summary>The JSON schema of the value, with <see cref="Expects"/> as its description.</summary>
    internal JsonObject Schema()
    {
        var schema = (JsonObject)_schema.DeepClone();
        schema["description"] = Expects;
        return schema;
    }

    /// <summary>The setting of a key as <c>--set</c> takes it, null when there is none. Sections with names of their own have a setting for each.</summary>
    public static MachineSetting? Find(string key)
    {
        foreach (MachineSetting setting in All)
        {
            if (setting.Key == key)
                return setting;
        }

        // One of them, as people say it.
        const string oneCgroup = "cgroup.";
        if (key.StartsWith(oneCgroup, StringComparison.Ordinal))
            key = $"cgroups.{key[oneCgroup.Length..]}";
        foreach (MachineSection section in MachineSection.All)
        {
            if (key.StartsWith(section.Key + ".", StringComparison.Ordinal))
                return section.FindDotted(key[(section.Key.Length + 1)..]);
        }

        return null;
    }

    /// <summary>Applies one <c>key=value</c> of the command line.</summary>
    /// <exception cref="MachineFileException">The key or the value is wrong.</exception>
    public static MachineSpec Set(MachineSpec spec, string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new MachineFileException($"--set {assignment}", "expected key=value, such as vm.overcommit_memory=2");
        string key = assignment[..equals].Trim();
        MachineSetting setting = Find(key)
            ?? throw new MachineFileException($"--set {assignment}", $"unknown key '{key}'; {Meant(key, All.Select(known => known.Key), Known())}");
        return setting.TryApply(spec, assignment[(equals + 1)..].Trim())
            ?? throw new MachineFileException($"--set {assignment}", $"expected {setting.Expects}");
    }

    /// <summary>The machine with the setting made; null when the value is not what <see cref="Expects"/> says.</summary>
    public MachineSpec? TryApply(MachineSpec spec, string value)
    {
        try
        {
            return _apply(spec, value);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>"the nearest is …", or all there are when none is near.</summary>
    internal static string Meant(string wrong, IEnumerable<string> names, string known) =>
        NearestName.Of(wrong, names) is { } nearest ? $"the nearest is '{nearest}'" : known;

    private static string Known() =>
        $"known keys are {string.Join(", ", All.Select(setting => setting.Key))}, {string.Join(", ", MachineSection.All.Where(section => section.IsOpen).Select(section => section.Key + ".*"))}";
}
