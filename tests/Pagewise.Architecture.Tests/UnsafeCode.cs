using Pagewise.Architecture.Tests.Metadata;

namespace Pagewise.Architecture.Tests;

/// <summary>Finds unsafe code: pointers, native imports, the compiler's mark, and the library's ways around the checks.</summary>
internal static class UnsafeCode
{
    /// <summary>Members that hand out or reinterpret references without a check, by type; sizes and typed views of spans are safe.</summary>
    private static readonly Dictionary<string, string[]> SafeMembers = new(StringComparer.Ordinal)
    {
        ["System.Runtime.CompilerServices.Unsafe"] = ["SizeOf", "IsNullRef", "NullRef", "AreSame"],
        ["System.Runtime.InteropServices.MemoryMarshal"] = ["AsBytes", "Cast", "Read", "Write", "TryRead", "TryWrite"],
        ["System.Runtime.InteropServices.NativeMemory"] = [],
        ["System.Runtime.InteropServices.Marshal"] = [],
        ["System.Runtime.InteropServices.NativeLibrary"] = [],
    };

    public static List<string> Violations(AssemblyFacts facts)
    {
        List<string> found = [.. facts.UnsafePlaces.Select(place => place.ToString())];
        found.AddRange(facts.Members
            .Where(member => SafeMembers.TryGetValue(member.To.ToString(), out string[]? safe) && !safe.Contains(member.Member))
            .Select(member => member.ToString()));
        if (facts.IsUnverifiable)
            found.Add($"{facts.Name} is compiled with unsafe blocks allowed");
        return [.. found.Order(StringComparer.Ordinal)];
    }
}
