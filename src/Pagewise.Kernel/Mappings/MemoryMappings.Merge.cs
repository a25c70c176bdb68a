using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>
    /// Gives part of an area new flags (vma_modify_flags): by a merge with its neighbours where they then are alike,
    /// else by splits at the ends of the range. The caller sets the flags on the area returned.
    /// </summary>
    /// <param name="vma">The area that holds [start, end).</param>
    /// <param name="start">First address.</param>
    /// <param name="end">One past the last address.</param>
    /// <param name="flags">The new flags.</param>
    /// <param name="result">The area that holds the range afterwards.</param>
    private Errno ModifyFlags(int vma, ulong start, ulong end, VmFlags flags, out int result) =>
        Modify(vma, start, end, flags, _vmas[vma].Policy, out result);

    /// <summary>As <see cref="ModifyFlags"/>, for flags and memory policy (vma_modify).</summary>
    private Errno Modify(int vma, ulong start, ulong end, VmFlags flags, int policy, out int result)
    {
        ref readonly VmArea area = ref _vmas[vma];
        var range = new MergeRange
        {
            Prev = start > area.Start ? vma : area.Prev,
            Middle = vma,
            Next = area.Next,
            Start = start,
            End = end,
            PgOff = area.PageIndex(start),
            Flags = flags,
            File = area.File,
            AnonVma = area.AnonVma,
            Policy = policy,
        };
        result = MergeExisting(ref range);
        if (result != 0)
            return Errno.None;
        result = vma;
        if (area.Start < start)
        {
            Errno error = Split(vma, start, newBelow: true, out _);
            if (error != Errno.None)
                return error;
        }

        return _vmas[vma].End > end ? Split(vma, end, newBelow: false, out _) : Errno.None;
    }

    /// <summary>Takes a range that is not mapped yet into a neighbour (vma_merge_new_range).</summary>
    /// <returns>The area that now holds it; 0 when none could.</returns>
    private int MergeNew(ref MergeRange range)
    {
        if ((range.Flags & VmFlags.Special) != 0 || (range.Prev == 0 && range.Next == 0))
            return 0;
        bool left = CanMergeLeft(in range);
        bool right = !range.JustExpand && CanMergeRight(in range, left && !range.AsksAreaAboveFirst);
        if (right && range.AsksAreaAboveFirst)
        {
            MergeRange withNext = range with { AnonVma = _vmas[range.Next].AnonVma };
            left = CanMergeLeft(in withNext);
        }

        if (left)
        {
            bool removeNext = right && !_vmas[range.Next].IsShm;
            ref readonly VmArea prev = ref _vmas[range.Prev];
            if (removeNext)
            {
                if (!InheritAnonVma(range.Prev, range.Next))
                    return 0;
                range.End = _vmas[range.Next].End;
                KeepSticky(range.Prev, _vmas[range.Next].Flags);
                RemoveArea(range.Next);
            }

            if (!InheritCopied(range.Prev, in range))
                return 0;
            KeepSticky(range.Prev, range.Flags);
            _tree.SetRange(range.Prev, prev.Start, range.End, prev.PgOff);
            return range.Prev;
        }

        if (!right || !InheritCopied(range.Next, in range))
            return 0;
        KeepSticky(range.Next, range.Flags);
        _tree.SetRange(range.Next, range.Start, _vmas[range.Next].End, range.PgOff);
        return range.Next;
    }

    /// <summary>Takes part of an area, or all of it, into its neighbours (vma_merge_existing_range).</summary>
    /// <returns>The area that now holds the range; 0 when nothing was merged.</returns>
    private int MergeExisting(ref MergeRange range)
    {
        ref readonly VmArea middle = ref _vmas[range.Middle];
        bool leftSide = range.Start == middle.Start;
        bool rightSide = range.End == middle.End;
        if ((range.Flags & VmFlags.Special) != 0 || (!leftSide && !rightSide))
            return 0;
        bool left = leftSide && CanMergeLeft(in range);
        bool right = rightSide && CanMergeRight(in range, left);
        if (!left && !right)
            return 0;
        bool removeMiddle = leftSide && rightSide;
        if (removeMiddle && middle.IsShm)
            return 0;
        if (left && right && _vmas[range.Next].IsShm)
            right = false;

        if (left && right)
        {
            if (!InheritAnonVma(range.Prev, _vmas[range.Next].AnonVma != 0 ? range.Next : range.Middle))
                return 0;
            ulong end = _vmas[range.Next].End;
            KeepSticky(range.Prev, _vmas[range.Next].Flags | middle.Flags);
            RemoveArea(range.Next);
            RemoveArea(range.Middle);
            GrowEnd(range.Prev, end);
            return range.Prev;
        }

        if (left)
        {
            if (!InheritAnonVma(range.Prev, range.Middle))
                return 0;
            KeepSticky(range.Prev, middle.Flags);
            if (removeMiddle)
                RemoveArea(range.Middle);
            else
                ShrinkStart(range.Middle, range.End);
            GrowEnd(range.Prev, range.End);
            return range.Prev;
        }

        if (!InheritAnonVma(range.Next, range.Middle))
            return 0;
        KeepSticky(range.Next, middle.Flags);
        if (removeMiddle)
            RemoveArea(range.Middle);
        else
            ShrinkEnd(range.Middle, range.Start);
        _tree.SetRange(range.Next, range.Start, _vmas[range.Next].End, range.PgOff);
        return range.Next;
    }

    /// <summary>A flag that says what an area may hold stays with the area that takes it in (VM_STICKY).</summary>
    private void KeepSticky(int vma, VmFlags taken) => _vmas[vma].Flags |= taken & VmFlags.MaybeGuard;

    private void GrowEnd(int vma, ulong end) => _tree.SetRange(vma, _vmas[vma].Start, end, _vmas[vma].PgOff);

    private void ShrinkStart(int vma, ulong start)
    {
        _pageTables.SplitHugeAt(vma, start);
        _tree.SetRange(vma, start, _vmas[vma].End, _vmas[vma].PageIndex(start));
    }

    private void ShrinkEnd(int vma, ulong end)
    {
        _pageTables.SplitHugeAt(vma, end);
        _tree.SetRange(vma, _vmas[vma].Start, end, _vmas[vma].PgOff);
    }

    private bool CanMergeLeft(in MergeRange range)
    {
        if (range.Prev == 0)
            return false;
        ref readonly VmArea prev = ref _vmas[range.Prev];
        return prev.End == range.Start
            && IsMergeable(in prev, in range)
            && IsMergeableAnonVma(range.Prev, in range)
            && prev.PgOff + prev.Pages == range.PgOff;
    }

    private bool CanMergeRight(in MergeRange range, bool canMergeLeft)
    {
        if (range.Next == 0)
            return false;
        ref readonly VmArea next = ref _vmas[range.Next];
        if (next.Start != range.End
            || !IsMergeable(in next, in range)
            || !IsMergeableAnonVma(range.Next, in range)
            || next.PgOff != range.PgOff + ((range.End - range.Start) >> 12))
            return false;
        if (!canMergeLeft)
            return true;
        // Each fits the range; they must also fit one another.
        int prevAnonVma = _vmas[range.Prev].AnonVma;
        return prevAnonVma == 0 || next.AnonVma == 0 || prevAnonVma == next.AnonVma;
    }

    /// <summary>Whether flags, file and memory policy agree (is_mergeable_vma).</summary>
    private static bool IsMergeable(in VmArea area, in MergeRange range) =>
        ((area.Flags ^ range.Flags) & ~(VmFlags.SoftDirty | VmFlags.MaybeGuard)) == 0 && area.File == range.File && area.Policy == range.Policy;

    /// <summary>
    /// Whether the anonymous pages of both sides may hang on one anon_vma (is_mergeable_anon_vma): it is the same, or
    /// one side has none yet and the other's was not inherited through a fork.
    /// </summary>
    private bool IsMergeableAnonVma(int target, in MergeRange range)
    {
        int targetAnonVma = _vmas[target].AnonVma;
        if (targetAnonVma == range.AnonVma)
            return true;
        if (targetAnonVma != 0 && range.AnonVma != 0)
            return false;
        if (targetAnonVma != 0)
            return _anonVmas.IsSingular(target);
        return _features.MergesUnfaultedIntoFaulted
            && (range.Middle == 0 || _anonVmas.IsSingular(range.Middle))
            && (range.CopiedFrom == 0 || _anonVmas.IsSingular(range.CopiedFrom));
    }

    /// <summary>An area without an anon_vma takes over that of the area it takes in (dup_anon_vma).</summary>
    private bool InheritAnonVma(int target, int source)
    {
        if (_vmas[source].AnonVma == 0 || _vmas[target].AnonVma != 0)
            return true;
        _vmas[target].AnonVma = _vmas[source].AnonVma;
        if (_anonVmas.Clone(target, source))
            return true;
        _vmas[target].AnonVma = 0;
        return false;
    }

    private bool InheritCopied(int target, in MergeRange range) => range.CopiedFrom == 0 || InheritAnonVma(target, range.CopiedFrom);
}
