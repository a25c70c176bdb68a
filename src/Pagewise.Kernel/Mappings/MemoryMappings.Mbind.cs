using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    private const ulong MpolMfStrict = 1;
    private const ulong MpolMfMove = 2;
    private const ulong MpolMfMoveAll = 4;

    /// <summary>
    /// mbind(2) (do_mbind, mm/mempolicy.c): the policy of the pages to come. Pages that are there stay where they are:
    /// MPOL_MF_MOVE moves none, and MPOL_MF_STRICT does not look for misplaced ones.
    /// </summary>
    /// <param name="current">The caller.</param>
    /// <param name="start">First address, page-aligned.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="policy">The policy, valid.</param>
    /// <param name="flags">MPOL_MF_* flags.</param>
    public SysResult Mbind(in Current current, ulong start, ulong length, in MemPolicy policy, ulong flags)
    {
        if ((flags & ~(MpolMfStrict | MpolMfMove | MpolMfMoveAll)) != 0 || (start & ~PageMask) != 0)
            return Errno.EINVAL;
        ulong end = start + PageAlign(length);
        if (end < start)
            return Errno.EINVAL;
        if (end == start)
            return SysResult.Ok;
        // All of it must be mapped, but for what follows the last area with the default policy.
        int vma = _tree.FindIntersection(current.Mm, start, end);
        ulong mapped = start;
        for (int area = vma; area != 0 && _vmas[area].Start < end; area = _vmas[area].Next)
        {
            if (_vmas[area].Start > mapped)
                return Errno.EFAULT;
            mapped = _vmas[area].End;
        }

        if (mapped < end)
            return Errno.EFAULT;
        int number = _spaces.Policies.NumberOf(policy);
        while (vma != 0 && _vmas[vma].Start < end)
        {
            ulong stop = Math.Min(_vmas[vma].End, end);
            Errno error = SetPolicy(vma, Math.Max(start, _vmas[vma].Start), stop, number, out vma);
            if (error != Errno.None)
                return error;
            // A merge upwards may have carried the area past this stop.
            while (vma != 0 && _vmas[vma].End <= stop)
                vma = _vmas[vma].Next;
            start = stop;
            if (start >= end)
                break;
        }

        return SysResult.Ok;
    }

    private Errno SetPolicy(int vma, ulong start, ulong end, int policy, out int result)
    {
        result = vma;
        if (_vmas[vma].Policy == policy)
            return Errno.None;
        Errno error = Modify(vma, start, end, _vmas[vma].Flags, policy, out result);
        if (error == Errno.None)
            _vmas[result].Policy = policy;
        return error;
    }
}
