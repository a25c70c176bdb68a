using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override void Mincore(int vma, ulong start, ulong end, Span<byte> residency)
    {
        MincoreVisitor visitor = new(this, vma, start, residency);
        _tables.Walk(_vmas[vma].Mm, start, end, ref visitor);
    }

    /// <summary>mincore_pte_range: a present entry counts, and one in swap that the swap cache has, PROT_NONE or not; without one the page cache decides, and anonymous memory is absent.</summary>
    private readonly ref struct MincoreVisitor(PageTablesOf<TFormat> owner, int vma, ulong start, Span<byte> residency) : IEntryVisitor
    {
        private readonly Span<byte> _residency = residency;

        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            for (ulong at = firstEntry; address < end; at += (ulong)TFormat.EntryBytes, address += Pfn.SizeBytes)
            {
                ulong entry = owner._tables.Load(at);
                Set(address, Pte<TFormat>.IsPresent(entry) || (Pte<TFormat>.IsSwap(entry) ? owner._swap.Find(Pte<TFormat>.SwapEntryOf(entry)) != 0 : IsCached(address)));
            }


            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            for (; address < end; address += Pfn.SizeBytes)
                Set(address, isResident: true);
            return VisitResult.Continue;
        }

        public bool Hole(ulong address, ulong end)
        {
            for (; address < end; address += Pfn.SizeBytes)
                Set(address, IsCached(address));
            return true;
        }

        private void Set(ulong address, bool isResident)
        {
            ulong page = (address - start) >> Pfn.Shift;
            if (page < (ulong)_residency.Length)
                _residency[(int)page] = isResident ? (byte)1 : (byte)0;
        }

        private bool IsCached(ulong address)
        {
            ref VmArea area = ref owner._vmas[vma];
            return !area.IsAnonymous && area.Inode != 0 && owner._pages.IsCached(area.Inode, area.PageIndex(address));
        }
    }
}
