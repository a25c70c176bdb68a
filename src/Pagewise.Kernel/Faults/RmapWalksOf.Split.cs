using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

internal sealed partial class RmapWalksOf<TFormat>
{
    public override bool SplitHuge(uint head)
    {
        SplitEntries(head);
        if (_rmap.EntireMapCount(head) != 0)
            return false;
        int mapped = 0;
        for (uint i = 0; i < HugePage.Frames; i++)
            mapped += _memMap[head + i].MapCount;
        // Anyone else's reference keeps it whole (can_split_folio).
        if (_memMap[head].RefCount != mapped + 1)
            return false;
        PageFlags kept = _memMap[head].Flags & ~(PageFlags.Head | PageFlags.PartlyMapped | PageFlags.AnonExclusive | PageFlags.HasData);
        int mapping = _memMap[head].Mapping;
        ulong index = _memMap[head].Index;
        int memcg = _memMap[head].Memcg;
        _stat.ThpSplitPage++;
        for (uint i = 0; i < HugePage.Frames; i++)
        {
            ref PageFrame frame = ref _memMap[head + i];
            frame.Flags = kept | (frame.Flags & (PageFlags.AnonExclusive | PageFlags.HasData));
            frame.Mapping = mapping;
            frame.Index = index + i;
            // Each piece is paid for by itself (split_page_memcg).
            frame.Memcg = memcg;
            frame.Next = 0;
            frame.Prev = 0;
            frame.RefCount = frame.MapCount + (i == 0 ? 1 : 0);
        }

        // The tails take their places on the list; those that nothing maps go free (__split_huge_page).
        for (uint i = 1; i < HugePage.Frames; i++)
        {
            _memMap[head + i].RefCount++;
            if (_memMap[head + i].MapCount != 0)
                _lru.Add(head + i);
            _lru.Put(head + i);
        }

        return true;
    }

    /// <summary>Turns every PMD entry that maps a huge page into 512 small ones (unmap_folio with TTU_SPLIT_HUGE_PMD).</summary>
    private void SplitEntries(uint head)
    {
        var visitor = new SplitVisitor(this);
        Walk(head, ref visitor);
    }

    private readonly struct SplitVisitor(RmapWalksOf<TFormat> owner) : IMappingVisitor
    {
        public bool Visit(ref AddressSpaces.VmArea area, ulong address, ulong entryAt, ulong entry, int level, uint pfn)
        {
            if (level == 2)
                owner._faults.SplitPmd(area.Mm, address, entryAt);
            return true;
        }
    }
}
