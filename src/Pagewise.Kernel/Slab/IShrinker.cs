namespace Pagewise.Kernel.Slab;

/// <summary>
/// Who can give kernel objects back when memory is short (struct shrinker, include/linux/shrinker.h). Reclaim asks how many, and
/// then to look at some: Pagewise.Kernel.Reclaim.Shrinkers.
/// </summary>
public interface IShrinker
{
    /// <summary>What <see cref="ScanObjects"/> returns when it can do nothing now (SHRINK_STOP).</summary>
    const long Stop = -1;

    /// <summary>The kernel function that scans, by which tracepoints name the shrinker (%pS).</summary>
    string Name { get; }

    /// <summary>What it costs to make an object again, in seeks; 2 is usual (DEFAULT_SEEKS), 0: nothing.</summary>
    int Seeks { get; }

    /// <summary>Objects looked at in one go (batch; 128 where Linux has 0).</summary>
    int Batch { get; }

    /// <summary>Objects that can go (count_objects), of a node and of the cgroup that pays for them.</summary>
    /// <param name="control">Whose.</param>
    long CountObjects(in ShrinkControl control);

    /// <summary>Looks at objects and frees what can go (scan_objects).</summary>
    /// <param name="control">How many to look at; says on return how many were (nr_scanned).</param>
    /// <returns>Objects freed, or <see cref="Stop"/>.</returns>
    long ScanObjects(ref ShrinkControl control);
}
