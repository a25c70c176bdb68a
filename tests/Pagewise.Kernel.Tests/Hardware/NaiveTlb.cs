using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Hardware;

/// <summary>A translation array as a list for each set, the entry used last at the end.</summary>
internal sealed class NaiveTlb(TlbArrayGeometry geometry)
{
    private readonly List<(ulong Tag, ulong Data)>[] _sets = [.. Enumerable.Range(0, geometry.Sets).Select(_ => new List<(ulong Tag, ulong Data)>())];

    public ulong Find(ulong tag, ulong number)
    {
        List<(ulong Tag, ulong Data)> set = SetOf(number);
        int at = set.FindIndex(entry => entry.Tag == tag);
        if (at < 0)
            return 0;
        (ulong Tag, ulong Data) found = set[at];
        set.RemoveAt(at);
        set.Add(found);
        return found.Data;
    }

    public void Insert(ulong tag, ulong number, ulong data)
    {
        List<(ulong Tag, ulong Data)> set = SetOf(number);
        set.RemoveAll(entry => entry.Tag == tag);
        if (set.Count == geometry.Ways)
            set.RemoveAt(0);
        set.Add((tag, data));
    }

    public void Remove(ulong tag, ulong number) => SetOf(number).RemoveAll(entry => entry.Tag == tag);

    public void RemoveAsid(ushort asid)
    {
        foreach (List<(ulong Tag, ulong Data)> set in _sets)
            set.RemoveAll(entry => (entry.Tag & TlbKey.AsidMask) == TlbKey.AsidBits(asid));
    }

    public void Clear()
    {
        foreach (List<(ulong Tag, ulong Data)> set in _sets)
            set.Clear();
    }

    private List<(ulong Tag, ulong Data)> SetOf(ulong number) => _sets[(int)(number % (ulong)geometry.Sets)];
}
