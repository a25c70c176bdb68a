using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <summary>The platforms and releases that are modelled, by the names that recordings and people use.</summary>
public static class AllocatorModels
{
    /// <summary>The platforms.</summary>
    public static IReadOnlyList<string> Platforms { get; } = ["x86_64", "i386", "armhf"];

    /// <summary>
    /// The releases. "2.42" is the release as tagged; "2.42-branch" is what distributions ship under the same name;
    /// "2.42.9000" is how 2.43 called itself before its release.
    /// </summary>
    public static IReadOnlyList<string> Releases { get; } =
        ["2.31", "2.32", "2.33", "2.34", "2.35", "2.36", "2.37", "2.38", "2.39", "2.40", "2.41", "2.42", "2.42-branch", "2.42.9000", "2.43"];

    /// <summary>
    /// The releases that call themselves by a name, the likeliest first: what distributions ship as 2.42 is not what was
    /// tagged, but has its name.
    /// </summary>
    public static IReadOnlyList<string> Named(string release) => release == "2.42" ? ["2.42-branch", "2.42"] : [release];

    /// <summary>Visits with the types of a platform and a release; null when either is not modelled.</summary>
    public static TResult? Visit<TResult>(string platform, string release, IAllocatorVisitor<TResult> visitor)
        where TResult : class
    {
        ArgumentNullException.ThrowIfNull(visitor);
        if (!Releases.Contains(release))
            return null;
        return platform switch
        {
            "x86_64" => VisitRelease<X8664Abi, TResult>(release, visitor),
            "i386" => VisitRelease<I386Abi, TResult>(release, visitor),
            "armhf" => VisitRelease<Arm32Abi, TResult>(release, visitor),
            _ => null,
        };
    }

    internal static TResult VisitRelease<TAbi, TResult>(string release, IAllocatorVisitor<TResult> visitor)
        where TAbi : struct, IMallocAbi => release switch
        {
            "2.31" => visitor.Visit<TAbi, Glibc231>(),
            "2.32" => visitor.Visit<TAbi, Glibc232>(),
            "2.33" => visitor.Visit<TAbi, Glibc233>(),
            "2.34" => visitor.Visit<TAbi, Glibc234>(),
            "2.37" => visitor.Visit<TAbi, Glibc237>(),
            "2.38" => visitor.Visit<TAbi, Glibc238>(),
            "2.39" or "2.40" => visitor.Visit<TAbi, Glibc239>(),
            "2.41" => visitor.Visit<TAbi, Glibc241>(),
            "2.42" => visitor.Visit<TAbi, Glibc242>(),
            "2.42-branch" => visitor.Visit<TAbi, Glibc242Branch>(),
            "2.42.9000" or "2.43" => visitor.Visit<TAbi, Glibc243>(),
            _ => visitor.Visit<TAbi, Glibc236>(),
        };
}
