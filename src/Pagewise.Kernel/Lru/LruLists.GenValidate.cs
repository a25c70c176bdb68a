using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Lru;

/// <content>The walker over generations.</content>
public sealed partial class LruLists
{
    /// <summary>Walks the lists of generations of a lruvec: each frame in the list that its byte says, none marked as active, sizes by what frames say.</summary>
    /// <returns>The frames.</returns>
    private long ValidateGens(int lruvec, long[] zonePages)
    {
        ref LruGen gen = ref Gen(lruvec);
        int files = gen.Gens(LruGen.File);
        int anon = gen.Gens(LruGen.Anon);
        if (files < LruGen.MinGens || anon < files || anon > LruGen.MaxGens)
            throw new InvalidOperationException($"lruvec {lruvec} has {anon} generations of anonymous pages and {files} of files");
        long frames = 0;
        long[] pages = new long[LruGen.MaxGens * LruGen.Types * ZoneTypes.Count];
        for (int at = 0; at < LruGen.MaxGens; at++)
        {
            for (int type = 0; type < LruGen.Types; type++)
            {
                for (ZoneType zone = 0; (int)zone < ZoneTypes.Count; zone++)
                    frames += ValidateGenList(lruvec, in gen, at, type, zone, pages, zonePages);
            }
        }

        for (int i = 0; i < pages.Length; i++)
        {
            if (gen.Lists[i].Pages != pages[i])
                throw new InvalidOperationException($"list {i} of generations of lruvec {lruvec} has {pages[i]} pages, its head says {gen.Lists[i].Pages}");
        }

        return frames;
    }

    private long ValidateGenList(int lruvec, in LruGen gen, int at, int type, ZoneType zone, long[] pages, long[] zonePages)
    {
        LruListHead head = gen.Lists[LruGen.ListIndex(at, type, zone)];
        long frames = 0;
        uint previous = 0;
        for (uint pfn = head.First; pfn != 0; pfn = _memMap[pfn].Next)
        {
            ref PageFrame frame = ref _memMap[pfn];
            int says = GenOf(pfn);
            bool isRight = (frame.Flags & (PageFlags.Lru | PageFlags.Active | PageFlags.Unevictable)) == PageFlags.Lru
                && TypeOf(frame.Flags) == type && ZoneTypeOf(pfn) == zone && _genOf![pfn] >> PlaceShift == at && says >= 0 && frame.Prev == previous && LruvecOf(pfn) == lruvec;
            if (!isRight)
                throw new InvalidOperationException($"frame {pfn:x} ({frame.Flags}, generation {says}) stands in generation {at}, kind {type}, zone {zone} of lruvec {lruvec}");
            frames++;
            pages[LruGen.ListIndex(says, type, zone)] += PagesOf(frame.Flags);
            LruList list = (type == LruGen.File ? LruList.InactiveFile : LruList.InactiveAnon) + (gen.IsActive(says) ? 1 : 0);
            zonePages[(_allocator.ZoneOf(pfn) * Lruvec.ListCount) + (int)list] += PagesOf(frame.Flags);
            previous = pfn;
        }

        return head.Last == previous ? frames : throw new InvalidOperationException($"generation {at}, kind {type}, zone {zone} of lruvec {lruvec} ends at {previous:x}; its head says {head.Last:x}");
    }
}
