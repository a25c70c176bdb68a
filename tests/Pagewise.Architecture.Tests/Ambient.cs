using Pagewise.Architecture.Tests.Metadata;

namespace Pagewise.Architecture.Tests;

/// <summary>What a deterministic model must not reach for: clocks, chance, the host, threads, hash order.</summary>
internal static class Ambient
{
    private static readonly string[] Types =
    [
        "System.Diagnostics.Stopwatch", "System.Random", "System.Environment", "System.Console", "System.Activator", "System.AppContext",
        "System.TimeProvider", "System.Diagnostics.Process", "System.Security.Cryptography.RandomNumberGenerator",
    ];

    private static readonly string[] Namespaces = ["System.Reflection", "System.Threading", "System.IO", "System.Net"];

    private static readonly string[] Members =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now",
        "System.DateTimeOffset.get_UtcNow", "System.Guid.NewGuid",
        "System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode",
        "System.Collections.Generic.Dictionary`2.GetEnumerator", "System.Collections.Generic.Dictionary`2.get_Keys",
        "System.Collections.Generic.Dictionary`2.get_Values", "System.Collections.Generic.HashSet`1.GetEnumerator",
    ];

    public static List<string> Violations(IEnumerable<MemberUse> members) =>
        [.. members
            .Where(member => Types.Contains(member.To.ToString())
                || Namespaces.Any(prefix => member.To.Namespace == prefix || member.To.Namespace.StartsWith(prefix + ".", StringComparison.Ordinal))
                || Members.Contains($"{member.To}.{member.Member}"))
            .Select(member => member.ToString())
            .Order(StringComparer.Ordinal)];
}
