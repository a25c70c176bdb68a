using Pagewise.Architecture.Tests.Metadata;

namespace Pagewise.Architecture.Tests;

/// <summary>The built assemblies of the house, read once.</summary>
internal static class House
{
    private static readonly Lazy<IReadOnlyList<AssemblyFacts>> All = new(() =>
        [.. Floors.Below.Keys.Select(name => AssemblyFacts.Read(Path.Combine(AppContext.BaseDirectory, name + ".dll")))]);

    public static IReadOnlyList<AssemblyFacts> Assemblies => All.Value;

    /// <summary>This test's own assembly, whose fixtures break every rule.</summary>
    public static AssemblyFacts Tests { get; } = AssemblyFacts.Read(typeof(House).Assembly.Location);

    public static AssemblyFacts Assembly(string name) => Assemblies.Single(facts => facts.Name == name);
}
