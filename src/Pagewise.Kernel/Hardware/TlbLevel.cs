using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>One level of TLB: the arrays of the three page sizes. It remembers which sizes went in, so that a machine without huge pages looks for none.</summary>
/// <remarks>A translation's data here has the page's size in its highest bits: 0 for 4 KiB, 1 for 2 MiB (4 MiB), 2 for 1 GiB.</remarks>
public sealed class TlbLevel : IDisposable
{
    /// <summary>Where the page's size stands in a translation's data.</summary>
    public const int SizeShift = 62;

    /// <summary>The bits of the page's size.</summary>
    public const ulong SizeMask = 3UL << SizeShift;

    private readonly TlbArray _small;
    private readonly TlbArray _medium;
    private readonly TlbArray _large;
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
        _medium = geometry.Shared >= 2 ? _small : Make(geometry.Pages2M);
        _large = geometry.Shared >= 3 ? _small : Make(geometry.Pages1G);

        static TlbArray Make(TlbArrayGeometry own) => own.Entries > 0 ? new TlbArray(own) : default;
    }

    /// <summary>The array of 4 KiB pages.</summary>
    public ref readonly TlbArray Small => ref _small;

    /// <summary>Whether anything went in that does not stand in <see cref="Small"/> under its address space's identifier.</summary>
    public bool HasOthers => _hasOthers;

    /// <summary>Whether <see cref="Small"/> is where a translation belongs: it is for 4 KiB and one address space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSmall(ulong data) => (data & (SizeMask | PteBits.Global)) == 0;

    /// <summary>Looks for what <see cref="Small"/> does not have: larger pages, global translations; 0 when there is none.</summary>
    /// <param name="address">The virtual address, canonical.</param>
    /// <param name="asid">The address space's identifier.</param>
    /// <param name="indexBits">Address bits that one level of tables resolves.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public ulong FindOther(ulong address, ushort asid, int indexBits)
    {
        TlbKey key = new(address, asid, indexBits);
        int level = 2;
        ulong data = _hasMedium ? _medium.Find(key.Tag(2), key.Number(2)) : 0;
        if (data == 0 && _hasLarge)
            data = _large.Find(key.Tag(level = 3), key.Number(3));
        if (data == 0 && _hasGlobal)
            data = FindGlobal(key, out level);
        return data == 0 ? 0 : data | ((ulong)(level - 1) << SizeShift);
    }

    /// <summary>Puts in what does not belong in <see cref="Small"/>, if the level keeps any of this size.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void InsertOther(ulong address, ushort asid, int indexBits, ulong data)
    {
        int level = (int)(data >> SizeShift) + 1;
        data &= ~SizeMask;
        TlbArray array = ArrayOf(level);
        if (!array.Exists || _isAbsent)
            return;
        _hasOthers = true;
        _hasMedium |= level == 2;
        _hasLarge |= level == 3;
        TlbKey key = new(address, asid, indexBits);
        if ((data & PteBits.Global) != 0)
        {
            _hasGlobal = true;
            key = key.AsGlobal();
        }

        array.Insert(key.Tag(level), key.Number(level), data);
    }

    /// <summary>Forgets every translation of one address, whatever its size (INVLPG).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(ulong address, ushort asid, int indexBits)
    {
        _small.Remove(TlbKey.SmallTag(address, TlbKey.AsidBits(asid)), address >> Pfn.Shift);
        if (_hasOthers)
            RemoveOther(address, asid, indexBits);
    }

    /// <summary>Forgets one address space; its identifier may not be 0.</summary>
    public void RemoveAsid(ushort asid)
    {
        _small.RemoveAsid(asid);
        if (_hasMedium)
            _medium.RemoveAsid(asid);
        if (_hasLarge)
            _large.RemoveAsid(asid);
    }

    /// <summary>Forgets everything, global translations too.</summary>
    public void Clear()
    {
        _small.Clear();
        if (_hasMedium)
            _medium.Clear();
        if (_hasLarge)
            _large.Clear();
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
            TlbArray array = ArrayOf(level);
            if (!array.Exists)
                continue;
            ulong data = array.Peek(key.Tag(level), key.Number(level));
            if (data == 0)
                data = array.Peek(key.AsGlobal().Tag(level), key.Number(level));
            if (data != 0)
                return data;
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _small.Dispose();
        _medium.Dispose();
        _large.Dispose();
    }

    private TlbArray ArrayOf(int level) => level switch { 1 => _small, 2 => _medium, _ => _large };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RemoveOther(ulong address, ushort asid, int indexBits)
    {
        TlbKey key = new(address, asid, indexBits);
        for (int level = 1; level <= 3; level++)
        {
            TlbArray array = ArrayOf(level);
            if (!array.Exists)
                continue;
            array.Remove(key.Tag(level), key.Number(level));
            if (_hasGlobal)
                array.Remove(key.AsGlobal().Tag(level), key.Number(level));
        }
    }

    private ulong FindGlobal(in TlbKey key, out int level)
    {
        TlbKey global = key.AsGlobal();
        for (level = 1; level <= 3; level++)
        {
            TlbArray array = ArrayOf(level);
            ulong data = array.Exists ? array.Find(global.Tag(level), global.Number(level)) : 0;
            if (data != 0)
                return data;
        }

        return 0;
    }
}
