using System.Globalization;
using System.Text;
using Pagewise.Kernel;

namespace Pagewise.Procfs;

/// <summary>/proc/slabinfo (mm/slab_common.c), version 2.1; reading and writing give the same bytes.</summary>
/// <param name="Caches">The caches in the file's order.</param>
public sealed record Slabinfo(IReadOnlyList<SlabinfoCache> Caches)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "slabinfo";

    private const string Version = "slabinfo - version: 2.1";
    private const string Heading = "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a slabinfo.</exception>
    public static Slabinfo Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        scanner.Expect(Version);
        scanner.EndOfLine();
        scanner.Expect(Heading);
        scanner.EndOfLine();
        var caches = new List<SlabinfoCache>();
        while (!scanner.AtEnd)
        {
            string name = scanner.Word("a cache's name");
            (long active, long objects) = (scanner.Number(), scanner.Number());
            (int size, int perSlab, int pages) = (scanner.Int(), scanner.Int(), scanner.Int());
            scanner.ExpectWords(":", "tunables", "0", "0", "0", ":", "slabdata");
            (long activeSlabs, long slabs) = (scanner.Number(), scanner.Number());
            scanner.ExpectWords("0");
            scanner.EndOfLine();
            caches.Add(new SlabinfoCache(name, active, objects, size, perSlab, pages, activeSlabs, slabs));
        }

        return new Slabinfo(caches);
    }

    /// <summary>What a modelled machine shows: the caches whose objects are modelled, and kmalloc's, the newest first.</summary>
    public static Slabinfo Of(Machine machine) => new([.. machine.Caches.All.Reverse().Select(cache => new SlabinfoCache(
        cache.Name,
        cache.ActiveObjects,
        cache.Objects,
        cache.Layout.Size,
        cache.Layout.ObjectsPerSlab,
        cache.Layout.PagesPerSlab,
        cache.Slabs,
        cache.Slabs))]);

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Version).Append('\n').Append(Heading).Append('\n');
        foreach (SlabinfoCache cache in Caches)
        {
            text.Append(CultureInfo.InvariantCulture, $"{cache.Name,-17} {cache.ActiveObjects,6} {cache.Objects,6} {cache.SizeBytes,6} {cache.ObjectsPerSlab,4} {cache.PagesPerSlab,4}");
            text.Append(CultureInfo.InvariantCulture, $" : tunables {0,4} {0,4} {0,4} : slabdata {cache.ActiveSlabs,6} {cache.Slabs,6} {0,6}\n");
        }

        return text.ToString();
    }
}
