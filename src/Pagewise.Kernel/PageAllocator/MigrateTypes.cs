namespace Pagewise.Kernel.PageAllocator;

/// <summary>Facts about <see cref="MigrateType"/>.</summary>
public static class MigrateTypes
{
    /// <summary><c>MIGRATE_TYPES</c>.</summary>
    public const int Count = 5;

    /// <summary><c>MIGRATE_PCPTYPES</c>: the types that per-CPU lists hold.</summary>
    public const int PcpCount = 3;

    private static readonly string[] Names = ["Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"];

    /// <summary>The type's name in /proc/pagetypeinfo (<c>migratetype_names</c>).</summary>
    public static string Name(this MigrateType type) => Names[(int)type];

    /// <summary>The type of a name in /proc/pagetypeinfo.</summary>
    /// <returns>Whether the name is known.</returns>
    public static bool TryParse(string name, out MigrateType type)
    {
        int index = Array.IndexOf(Names, name);
        type = (MigrateType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Whether blocks of two such types may merge across pageblocks (<c>migratetype_is_mergeable</c>).</summary>
    internal static bool IsMergeable(this MigrateType type) => type < MigrateType.HighAtomic;

    /// <summary>Where a type looks when its own lists are empty, best first (<c>fallbacks</c>).</summary>
    internal static MigrateType Fallback(MigrateType start, int choice) => (start, choice) switch
    {
        (MigrateType.Unmovable, 0) => MigrateType.Reclaimable,
        (MigrateType.Unmovable, _) => MigrateType.Movable,
        (MigrateType.Movable, 0) => MigrateType.Reclaimable,
        (MigrateType.Movable, _) => MigrateType.Unmovable,
        (_, 0) => MigrateType.Unmovable,
        _ => MigrateType.Movable,
    };
}
