namespace Pagewise.Malloc;

/// <summary>A distribution's glibc by the distribution's name: <c>debian-12</c>, <c>ubuntu-24.04</c>.</summary>
/// <param name="Name">The name, lower case.</param>
/// <param name="Release">The release, one of <see cref="AllocatorModels.Releases"/>.</param>
/// <param name="Source">Where the distribution says so.</param>
public sealed record DistributionPreset(string Name, string Release, string Source)
{
    private const string Debian = "packages.debian.org, libc6";
    private const string Ubuntu = "packages.ubuntu.com, libc6";
    private const string Fedora = "src.fedoraproject.org/rpms/glibc";
    private const string RedHat = "the glibc package of the release, which also has backports";

    /// <summary>The presets. All of these leave malloc's defaults and the tunables as upstream has them.</summary>
    public static IReadOnlyList<DistributionPreset> All { get; } =
    [
        new("debian-11", "2.31", Debian), new("debian-12", "2.36", Debian), new("debian-13", "2.41", Debian),
        new("ubuntu-20.04", "2.31", Ubuntu), new("ubuntu-22.04", "2.35", Ubuntu), new("ubuntu-24.04", "2.39", Ubuntu),
        new("ubuntu-25.04", "2.41", Ubuntu), new("ubuntu-25.10", "2.42-branch", Ubuntu),
        new("fedora-36", "2.35", Fedora), new("fedora-37", "2.36", Fedora), new("fedora-38", "2.37", Fedora), new("fedora-39", "2.38", Fedora),
        new("fedora-40", "2.39", Fedora), new("fedora-41", "2.40", Fedora), new("fedora-42", "2.41", Fedora), new("fedora-43", "2.42-branch", Fedora),
        new("rhel-9", "2.34", RedHat), new("rhel-10", "2.39", RedHat), new("amazonlinux-2023", "2.34", RedHat),
    ];

    /// <summary>The release that a name means: a release's own, or a distribution's; null for any other.</summary>
    public static string? Resolve(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (AllocatorModels.Releases.Contains(name))
            return name;
        foreach (DistributionPreset preset in All)
        {
            if (preset.Name == name)
                return preset.Release;
        }

        return null;
    }
}
