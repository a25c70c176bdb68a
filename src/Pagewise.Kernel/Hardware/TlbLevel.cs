using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>One level of TLB: the arrays of the three page sizes. It remembers which sizes went in, so that a machine without huge pages looks for none.</summary>
public sealed class TlbLevel : IDisposable
{
    private readonly TlbArray _small;
    private readonly TlbArray? _medium;
    private readonly TlbArray? _large;
    private readonly bool _isAbsent;
    private bool _hasOthers;
    private bool _hasMedium;
    private bool _hasLarge;
    private bool _hasGlobal;

    /// <summary>Makes an empty level; one whose array of 4 KiB pages has no entries keeps nothing.</summary>
    public TlbLevel(TlbGeometry geometry)
    {
        _isAbsent = geometry.Pages4K.Entries == 0;
        _small = new TlbArray(_isAbsent ? new TlbArrayGeometry(1, 1) : geometry.Pages4K);
        _medium = Make(geometry.Shared >= 2 ? null : geometry.Pages2M, geometry.Shared >= 2);
        _large = Make(geometry.Shared >= 3 ? null : geometry.Pages1G, geometry.Shared >= 3);

        TlbArray? Make(TlbArrayGeometry? own, bool shares) => shares ? _small : own is { Entries: > 0 } shape ? new TlbArray(shape) : null;
    }

    /// <summary>The array of 4 KiB pages.</summary>
    public TlbArray Small => _small;

    /// <summary>Looks for a translation; 0 when there is none that grants the rights.</summary>
    /// <param name="address">The virtual address, canonical.</param>
    /// <param name="asid">The address space's identifier.</param>
    /// <param name="indexBits">Address bits that one level of tables resolves.</param>
    /// <param name="need">Rights needed, see <see cref="TlbRights"/>.</param>
    /// <param name="level">The page size found: 1, 2 or 3.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Find(ulong address, ushort asid, int indexBits, ulong need, out int level)
    {
        level = 1;
        ulong data = _small.Find(TlbKey.SmallTag(address, TlbKey.AsidBits(asid)), address >> Pfn.Shift);
        if (data == 0 && _hasOthers)
            data = FindOther(new TlbKey(address, asid, indexBits), out level);
        return (data & need) == need ? data : 0;
    }

    /// <summary>Puts a translation in, right after <see cref="Find"/> did not give it, if the level keeps any of this size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void InsertAfterFind(ulong address, ushort asid, int indexBits, int level, ulong data)
    {
        if (level == 1 && (data & PteBits.Global) == 0 && !_isAbsent)
            _small.InsertAfterFind(TlbKey.SmallTag(address, TlbKey.AsidBits(asid)), address >> Pfn.Shift, data);
        else
            InsertOther(new TlbKey(address, asid, indexBits), level, data);
    }

    /// <summary>Forgets every translation of one address, whatever its size (INVLPG).</summary>
    public void Remove(in TlbKey key)
    {
        for (int level = 1; level <= 3; level++)
        {
            TlbArray? array = ArrayOf(level);
            array?.Remove(key.Tag(level), key.Number(level));
            if (_hasGlobal)
                array?.Remove(key.AsGlobal().Tag(level), key.Number(level));
        }
    }

    /// <summary>Forgets one address space; its identifier may not be 0.</summary>
    public void RemoveAsid(ushort asid)
    {
        for (int level = 1; level <= 3; level++)
            ArrayOf(level)?.RemoveAsid(asid);
    }

    /// <summary>Forgets everything, global translations too.</summary>
    public void Clear()
    {
        for (int level = 1; level <= 3; level++)
            ArrayOf(level)?.Clear();
        _hasOthers = false;
        _hasMedium = false;
        _hasLarge = false;
        _hasGlobal = false;
    }

    /// <summary>Looks without touching the order of use; 0 when absent.</summary>
    public ulong Peek(in TlbKey key, out int level)
    {
        for (level = 1; level <= 3; level++)
        {
            ulong data = ArrayOf(level)?.Peek(key.Tag(level), key.Number(level)) ?? 0;
            if (data == 0)
                data = ArrayOf(level)?.Peek(key.AsGlobal().Tag(level), key.Number(level)) ?? 0;
            if (data != 0)
                return data;
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _small.Dispose();
        _medium?.Dispose();
        _large?.Dispose();
    }

    private TlbArray? ArrayOf(int level) => level switch { 1 => _small, 2 => _medium, _ => _large };

    /// <summary>Looks for what is not a 4 KiB translation of one address space.</summary>
    private ulong FindOther(in TlbKey key, out int level)
    {
        level = 2;
        ulong data = _hasMedium ? _medium!.Find(key.Tag(2), key.Number(2)) : 0;
        if (data == 0 && _hasLarge)
            data = _large!.Find(key.Tag(level = 3), key.Number(3));
        return data == 0 && _hasGlobal ? FindGlobal(key, out level) : data;
    }

    private void InsertOther(in TlbKey key, int level, ulong data)
    {
        TlbArray? array = ArrayOf(level);
        if (array is null || _isAbsent)
            return;
        _hasOthers = true;
        _hasMedium |= level == 2;
        _hasLarge |= level == 3;
        TlbKey own = key;
        if ((data & PteBits.Global) != 0)
        {
            _hasGlobal = true;
            own = key.AsGlobal();
        }

        array.Insert(own.Tag(level), own.Number(level), data);
    }

    private ulong FindGlobal(in TlbKey key, out int level)
    {
        TlbKey global = key.AsGlobal();
        for (level = 1; level <= 3; level++)
        {
            ulong data = ArrayOf(level)?.Find(global.Tag(level), global.Number(level)) ?? 0;
            if (data != 0)
                return data;
        }

        return 0;
    }
}
