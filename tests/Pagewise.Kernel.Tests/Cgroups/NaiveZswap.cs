namespace Pagewise.Kernel.Tests.Cgroups;

/// <summary>
/// zswap's account by cgroup as plain lists of pages, for private pages of programs that are paged out by madvise alone, with a
/// pool that is never full.
/// </summary>
internal sealed class NaiveZswap(int minor)
{
    private readonly Dictionary<(int Program, int Page), Page> _pages = [];
    private readonly Dictionary<string, Group> _groups = [];

    internal enum Place
    {
        Mapped,
        Cached,
        Swapped,
        Compressed,
    }

    /// <summary>The cgroups that are there.</summary>
    public List<string> Paths { get; } = [];

    public Group this[string path] => _groups[path];

    public void Make(string path)
    {
        Paths.Add(path);
        _groups[path] = new Group { Writeback = minor >= 11 || ParentOf(path) is not { } parent || _groups[parent].Writeback };
    }

    public void Remove(string path)
    {
        string heir = ParentOf(path)!;
        _groups[heir].Kept.InsertRange(0, _groups[path].Kept);
        Paths.Remove(path);
        foreach (Page page in _pages.Values.Where(page => page.Payer == path))
            page.Payer = heir;
        foreach (Page page in _pages.Values.Where(page => page.KeptFor == path))
            page.KeptFor = heir;
    }

    public void Write(int program, int page, string home, int length)
    {
        bool wasMapped = _pages.TryGetValue((program, page), out Page? known) && known.Place == Place.Mapped;
        Page one = Touch(program, page, home);
        one.IsDirty = true;
        one.Length = length;
        // A page that comes back to be written gives its slot up. One that was read back before is its program's own: it is
        // written, and its slot is out of date.
        if (wasMapped)
            return;
        one.Slot = null;
        Drop(one);
    }

    public void Read(int program, int page, string home)
    {
        if (_pages.ContainsKey((program, page)))
            Touch(program, page, home);
    }

    public void PageOut(int program, int page, string home)
    {
        if (!_pages.TryGetValue((program, page), out Page? one) || one.Place != Place.Mapped)
            return;
        one.Place = Place.Cached;
        one.Slot ??= one.Payer;
        if (!one.IsDirty)
        {
            one.Place = one.KeptFor is null ? Place.Swapped : Place.Compressed;
            return;
        }

        Drop(one);
        if (MayKeep(one.Payer, home))
        {
            one.KeptFor = one.Payer;
            one.KeptLength = one.Length;
            one.IsReferenced = true;
            one.IsDirty = false;
            one.Place = Place.Compressed;
            if (one.Length != 0)
                _groups[one.KeptFor].Kept.Add(one);
            foreach (Group group in Up(one.KeptFor))
                group.Out++;
        }
        else if (MayWriteBack(one.Payer))
        {
            one.IsDirty = false;
        }
    }

    public (long Pages, long Bytes, long In, long Out, long Written) Figures(string path)
    {
        Page[] kept = [.. _pages.Values.Where(page => page.KeptFor is { } payer && (payer == path || payer.StartsWith(path + "/", StringComparison.Ordinal)))];
        Group group = _groups[path];
        return (kept.Length, kept.Sum(page => (long)page.KeptLength), group.In, group.Out, group.Written);
    }

    private Page Touch(int program, int page, string home)
    {
        if (!_pages.TryGetValue((program, page), out Page? one))
            _pages[(program, page)] = one = new Page { Payer = home, IsDirty = true };
        if (one.Place is Place.Compressed or Place.Swapped)
            Recharge(one, home);
        if (one.Place == Place.Compressed)
        {
            foreach (Group group in Up(one.KeptFor!))
                group.In++;
            // Since 6.9 it is kept no longer.
            if (minor >= 9)
            {
                Drop(one);
                one.IsDirty = true;
            }
        }

        one.Place = Place.Mapped;
        return one;
    }

    private bool MayKeep(string payer, string home)
    {
        if (Up(payer).All(group => group.Max == long.MaxValue || BytesOf(group) / 4096 < group.Max))
            return true;
        Group own = _groups[payer];
        if (minor < 8 || !MayWriteBack(payer) || own.Kept.Count == 0)
            return false;
        Page oldest = own.Kept[0];
        own.Kept.RemoveAt(0);
        own.Kept.Add(oldest);
        if (minor >= 12 && oldest.IsReferenced)
        {
            oldest.IsReferenced = false;
            return false;
        }

        // One that is in the swap cache cannot be written.
        if (oldest.Place != Place.Compressed)
            return false;
        foreach (Group group in Up(oldest.KeptFor!))
            group.Written++;
        Drop(oldest);
        Recharge(oldest, home);
        oldest.Place = Place.Cached;
        return true;
    }

    // Who paid for the slot pays for the page, or if that cgroup was removed who has it read.
    private void Recharge(Page page, string home)
    {
        if (!Paths.Contains(page.Slot!))
            page.Payer = home;
    }

    private bool MayWriteBack(string path) => minor < 8 || (minor >= 11 ? Up(path).All(group => group.Writeback) : _groups[path].Writeback);

    private long BytesOf(Group group) => Figures(Paths.Single(path => _groups[path] == group)).Bytes;

    private void Drop(Page page)
    {
        if (page.KeptFor is null)
            return;
        _groups[page.KeptFor].Kept.Remove(page);
        page.KeptFor = null;
    }

    private IEnumerable<Group> Up(string? path)
    {
        for (; path is not null; path = ParentOf(path))
            yield return _groups[path];
    }

    private static string? ParentOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : null;

    /// <summary>A cgroup.</summary>
    public sealed class Group
    {
        /// <summary>memory.zswap.max, pages.</summary>
        public long Max { get; set; } = long.MaxValue;

        /// <summary>memory.zswap.writeback.</summary>
        public bool Writeback { get; set; }

        public long In { get; set; }

        public long Out { get; set; }

        public long Written { get; set; }

        /// <summary>Pages in its list, oldest first.</summary>
        public List<Page> Kept { get; } = [];
    }

    /// <summary>A page of a program.</summary>
    public sealed class Page
    {
        public required string Payer { get; set; }

        public bool IsDirty { get; set; }

        public int Length { get; set; }

        /// <summary>Who paid for its slot; null: it has none.</summary>
        public string? Slot { get; set; }

        public string? KeptFor { get; set; }

        public int KeptLength { get; set; }

        public bool IsReferenced { get; set; }

        internal Place Place { get; set; }
    }
}
