using System.Runtime.CompilerServices;
using Pagewise.Abi;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// One CPU's memory management unit: TLBs, page-walk caches and the walker, for one page-table format. It reads and
/// marks real entries in physical memory and knows nothing of address spaces but the loaded top table and identifier.
/// </summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
public sealed partial class Mmu<TFormat> : IDisposable
    where TFormat : struct, IPageTableFormat
{
    /// <summary>Counters. A field, so that the run loop adds in place.</summary>
    internal TlbCounters Counters;

    private readonly PhysicalMemory _memory;
    private readonly TlbLevel _l1Data;
    private readonly TlbLevel _l1Instruction;
    private readonly TlbLevel _l2Data;
    private readonly TlbLevel _l2Instruction;
    private readonly TlbArray[] _walkCaches = new TlbArray[6];
    private readonly TlbArray _pmdCache;
    private readonly TlbArray _pudCache;
    private readonly PteCache _caches;
    private ulong _cr3;
    private ushort _asid;
    private ulong _asidBits;
    private FaultCode _faultCode;
    private ushort _forgottenAsid;
    private long _walksForgotten;

    /// <summary>Makes the MMU of a CPU that has just been switched on.</summary>
    public Mmu(PhysicalMemory memory, CpuPreset preset)
    {
        _memory = memory;
        _l1Data = new TlbLevel(preset.L1Data);
        _l1Instruction = new TlbLevel(preset.L1Instruction);
        _l2Data = new TlbLevel(preset.L2Data);
        _l2Instruction = preset.L2Instruction is null ? _l2Data : new TlbLevel(preset.L2Instruction);
        HasTlb = preset.L1Data.Pages4K.Entries > 0;
        if (HasTlb != preset.L1Instruction.Pages4K.Entries > 0 || HasTlb != preset.L2Data.Pages4K.Entries > 0)
            throw new ArgumentException($"{preset.Name} has some TLBs and not others: all or none are modelled", nameof(preset));
        _caches = new PteCache(preset.CacheBytes);
        for (int level = 2; level <= TFormat.Levels && level - 2 < preset.WalkCaches.Count; level++)
        {
            if (preset.WalkCaches[level - 2].Entries > 0)
                _walkCaches[level] = new TlbArray(preset.WalkCaches[level - 2]);
        }

        _pmdCache = _walkCaches[2];
        _pudCache = _walkCaches[3];
    }

    /// <summary>Whether it has a TLB; without one every access is walked.</summary>
    public bool HasTlb { get; }

    /// <summary>Loads a top table and an identifier (a write of CR3 that keeps the TLB).</summary>
    public void LoadCr3(uint pgd, ushort asid)
    {
        _cr3 = (ulong)pgd << Pfn.Shift;
        _asid = asid;
        _asidBits = TlbKey.AsidBits(asid);
        Counters.Cr3Writes++;
    }

    /// <summary>
    /// The common case alone: the first-level TLB has the translation where it is looked for first. The caller counts
    /// the hit, or goes on with <see cref="TranslateMissed"/>.
    /// </summary>
    /// <param name="address">The virtual address, canonical.</param>
    /// <param name="kind">Load, store or fetch.</param>
    /// <param name="found">What the first level has, allowed or not; 0: nothing was found so far.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryHit(ulong address, AccessKind kind, out ulong found)
    {
        TlbLevel level = kind == AccessKind.Execute ? _l1Instruction : _l1Data;
        found = level.Small.TryFind(TlbKey.SmallTag(address, _asidBits), address >> Pfn.Shift);
        ulong need = Need(kind);
        return (found & need) == need;
    }

    /// <summary>Translates one access: first level, second level, walk.</summary>
    /// <param name="address">The virtual address, canonical.</param>
    /// <param name="kind">Load, store or fetch.</param>
    /// <param name="fault">The error code when the walk faulted.</param>
    /// <returns>The 4 KiB frame's address and the rights, or 0 for a page fault.</returns>
    public ulong Translate(ulong address, AccessKind kind, out FaultCode fault)
    {
        if (!TryHit(address, kind, out ulong found))
            return TranslateMissed(address, kind, found, out fault);
        fault = FaultCode.None;
        CountL1(kind, 1);
        return SmallFrame(found, address);
    }

    /// <summary><see cref="Translate"/> after <see cref="TryHit"/> said no.</summary>
    /// <param name="address">The virtual address, canonical.</param>
    /// <param name="kind">Load, store or fetch.</param>
    /// <param name="found">What it found.</param>
    /// <param name="fault">The error code when the walk faulted.</param>
    /// <returns>The 4 KiB frame's address and the rights, or 0 for a page fault.</returns>
    public ulong TranslateMissed(ulong address, AccessKind kind, ulong found, out FaultCode fault)
    {
        fault = FaultCode.None;
        ulong need = Need(kind);
        ulong number = address >> Pfn.Shift;
        ulong tag = TlbKey.SmallTag(address, _asidBits);
        TlbLevel first = kind == AccessKind.Execute ? _l1Instruction : _l1Data;
        if (found == 0)
            found = first.Small.FindFurther(tag, number);
        ulong data = found;
        if (data == 0 && first.HasOthers)
            data = first.FindOther(address, _asid, TFormat.IndexBits);
        if ((data & need) == need)
        {
            CountL1(kind, 1);
            return SmallFrame(data, address);
        }

        TlbLevel second = kind == AccessKind.Execute ? _l2Instruction : _l2Data;
        ulong foundSecond = data = second.Small.Find(tag, number);
        if (data == 0 && second.HasOthers)
            data = second.FindOther(address, _asid, TFormat.IndexBits);
        if ((data & need) == need)
        {
            Counters.L2Hits++;
            if (TlbLevel.IsSmall(data))
                first.Small.InsertAfterFind(tag, number, found, data);
            else
                first.InsertOther(address, _asid, TFormat.IndexBits, data);
            return SmallFrame(data, address);
        }

        data = Walk(address, kind);
        if (data == 0)
        {
            fault = _faultCode;
            return 0;
        }

        if (TlbLevel.IsSmall(data) && HasTlb)
        {
            first.Small.InsertAfterFind(tag, number, found, data);
            second.Small.InsertAfterFind(tag, number, foundSecond, data);
            return data;
        }

        first.InsertOther(address, _asid, TFormat.IndexBits, data);
        second.InsertOther(address, _asid, TFormat.IndexBits, data);
        return SmallFrame(data, address);
    }

    /// <summary>Counts first-level hits of accesses that follow one another to a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountL1(AccessKind kind, long count)
    {
        if (kind == AccessKind.Execute)
            Counters.L1InstructionHits += count;
        else
            Counters.L1DataHits += count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _l1Data.Dispose();
        _l1Instruction.Dispose();
        _l2Data.Dispose();
        _l2Instruction.Dispose();
        _caches.Dispose();
        foreach (TlbArray cache in _walkCaches)
            cache.Dispose();
    }

    /// <summary>The rights that an access needs: looked up, for a branch on it would be mispredicted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Need(AccessKind kind) =>
        (((TlbRights.Execute << 16 | TlbRights.Write) << 16 | TlbRights.Read) >> ((int)kind * 16)) & ushort.MaxValue;

    /// <summary>The 4 KiB frame within a translation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SmallFrame(ulong data, ulong address) => data >> TlbLevel.SizeShift == 0 ? data : FrameInLarge(data, address);

    private static ulong FrameInLarge(ulong data, ulong address)
    {
        int level = (int)(data >> TlbLevel.SizeShift);
        return (data & ~TlbLevel.SizeMask) | (address & ((1UL << (Pfn.Shift + (TFormat.IndexBits * level))) - Pfn.SizeBytes));
    }
}
