using Pagewise.Architecture.Tests.Metadata;

namespace Pagewise.Architecture.Tests;

/// <summary>The floors of the house and what each may stand on.</summary>
internal static class Floors
{
    private static readonly string[] Ground = ["Pagewise.Abi", "Pagewise.NativeMemory"];

    /// <summary>Each assembly (<c>pagewise</c> is Pagewise.Cli) with those below it. malloc stands above the doors, so it does not see the kernel.</summary>
    public static IReadOnlyDictionary<string, string[]> Below { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Pagewise.NativeMemory"] = [],
        ["Pagewise.Abi"] = ["Pagewise.NativeMemory"],
        ["Pagewise.Workloads"] = Ground,
        ["Pagewise.Kernel"] = Ground,
        ["Pagewise.Malloc"] = Ground,
        ["Pagewise.Procfs"] = [.. Ground, "Pagewise.Kernel"],
        ["Pagewise.Replay"] = [.. Ground, "Pagewise.Kernel", "Pagewise.Malloc", "Pagewise.Procfs", "Pagewise.Workloads"],
        ["Pagewise.Reports"] =
            [.. Ground, "Pagewise.Kernel", "Pagewise.Malloc", "Pagewise.Procfs", "Pagewise.Workloads", "Pagewise.Replay"],
        ["Pagewise.Explorer"] =
            [.. Ground, "Pagewise.Kernel", "Pagewise.Malloc", "Pagewise.Procfs", "Pagewise.Workloads", "Pagewise.Replay", "Pagewise.Reports"],
        ["pagewise"] =
            [.. Ground, "Pagewise.Kernel", "Pagewise.Malloc", "Pagewise.Procfs", "Pagewise.Workloads", "Pagewise.Replay", "Pagewise.Reports", "Pagewise.Explorer"],
    };

    /// <summary>The uses that go up or sideways, in the given map from a floor to the floors below it.</summary>
    public static List<string> Violations(
        IEnumerable<TypeUse> uses, Func<TypeName, string> floorOf, IReadOnlyDictionary<string, string[]> below) =>
        [.. uses
            .Where(use => below.ContainsKey(floorOf(use.To)) && floorOf(use.From) != floorOf(use.To))
            .Where(use => !below.TryGetValue(floorOf(use.From), out string[]? allowed) || !allowed.Contains(floorOf(use.To)))
            .Select(use => $"{use}, and {floorOf(use.To)} is not below {floorOf(use.From)}")
            .Order(StringComparer.Ordinal)];
}
