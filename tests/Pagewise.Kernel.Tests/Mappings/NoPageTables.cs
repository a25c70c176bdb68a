using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;

namespace Pagewise.Kernel.Tests.Mappings;

/// <summary>
/// Page tables that hold no page: the virtual side is tested alone. Faults leave only what later decides merges, the
/// anon_vma.
/// </summary>
internal sealed class NoPageTables(AddressSpaceArenas spaces) : PageTables
{
    private readonly AnonVmas _anonVmas = new(spaces);
    private readonly VmaTree _tree = new(spaces);
    private readonly Stack<int> _gathers = [];

    public override bool AllocatePgd(int mm) => true;

    public override void FreePgd(int mm) => spaces.Mms[mm].Mmap.ShouldBe(0);

    public override void BeginUnmap(int mm) => _gathers.Push(mm);

    public override void FinishUnmap() => _gathers.Pop();

    public override void Zap(int vma, ulong start, ulong end, bool keepMarkers) => CheckRange(vma, start, end);

    public override void FreeTables(int mm, ulong start, ulong end, ulong floor, ulong ceiling) => start.ShouldBeLessThan(end);

    public override bool Copy(int destinationVma, int sourceVma) => true;

    public override bool NeedsCopy(int sourceVma) => spaces.Vmas[sourceVma].AnonVma != 0;

    public override void ChangeProtection(int vma, ulong start, ulong end) => CheckRange(vma, start, end);

    public override bool Move(int oldVma, ulong oldStart, int newVma, ulong newStart, ulong lengthBytes)
    {
        if (lengthBytes != 0)
        {
            CheckRange(oldVma, oldStart, oldStart + lengthBytes);
            CheckRange(newVma, newStart, newStart + lengthBytes);
        }

        return true;
    }

    public override void SplitHugeAt(int vma, ulong address) => CheckRange(vma, address, address);

    public override Errno Populate(int mm, ulong start, ulong end, bool ignoreErrors)
    {
        for (ulong at = start; at < end;)
        {
            int vma = _tree.FindVma(mm, at);
            if (vma == 0 || (!ignoreErrors && spaces.Vmas[vma].Start > at))
                return Errno.ENOMEM;
            ref VmArea area = ref spaces.Vmas[vma];
            if (area.Start >= end)
                return Errno.None;
            VmFlags flags = area.Flags;
            if ((flags & (VmFlags.Io | VmFlags.PfnMap)) == 0 && (flags & VmFlags.LockOnFault) == 0)
            {
                if ((flags & VmFlags.AccessMask) == 0 && !ignoreErrors)
                    return Errno.ENOMEM;
                if ((flags & (VmFlags.Write | VmFlags.Shared)) == VmFlags.Write)
                    _anonVmas.Prepare(vma);
            }

            at = area.End;
        }

        return Errno.None;
    }

    public override Errno PopulateForAccess(int mm, ulong start, ulong end, bool write)
    {
        VmFlags need = write ? VmFlags.Write : VmFlags.Read;
        for (ulong at = start; at < end;)
        {
            int vma = _tree.Lookup(mm, at);
            if (vma == 0)
                return Errno.ENOMEM;
            VmFlags flags = spaces.Vmas[vma].Flags;
            if ((flags & (VmFlags.Io | VmFlags.PfnMap)) != 0 || (flags & need) == 0)
                return Errno.EINVAL;
            if (write && (flags & VmFlags.Shared) == 0)
                _anonVmas.Prepare(vma);
            at = spaces.Vmas[vma].End;
        }

        return Errno.None;
    }

    public override Errno Unuse(int mm, int type) => Errno.None;

    public override MemSizeStats GatherSizes(int vma) => default;

    public override bool IsThpEligible(int vma) => false;

    public override void Mincore(int vma, ulong start, ulong end, Span<byte> residency) => residency.Clear();

    public override Errno Advise(int vma, ulong start, ulong end, Madvice advice)
    {
        CheckRange(vma, start, end);
        return Errno.None;
    }

    public override void ApplyLock(int vma, ulong start, ulong end) => CheckRange(vma, start, end);

    public override void Truncate(int inode, ulong newSizeBytes)
    {
    }

    public override bool WriteFile(int inode, ulong offsetBytes, ulong lengthBytes) => true;

    public override void WriteBack(int inode, ulong offsetBytes, ulong lengthBytes)
    {
    }

    public override void Validate()
    {
    }

    public override long MinorFaults => 0;

    public override long MajorFaults => 0;

    private void CheckRange(int vma, ulong start, ulong end)
    {
        start.ShouldBeGreaterThanOrEqualTo(spaces.Vmas[vma].Start);
        end.ShouldBeLessThanOrEqualTo(spaces.Vmas[vma].End);
        start.ShouldBeLessThanOrEqualTo(end);
    }
}
