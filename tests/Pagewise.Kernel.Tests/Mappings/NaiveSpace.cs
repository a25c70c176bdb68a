using Pagewise.Abi;

namespace Pagewise.Kernel.Tests.Mappings;

/// <summary>
/// An address space as a list of pages: what mmap(2), munmap(2), mprotect(2), mlock(2), madvise(2) and mremap(2) say of a
/// few pages at fixed places, without areas, merges or trees.
/// </summary>
internal sealed class NaiveSpace(int pages)
{
    private readonly Page?[] _pages = new Page?[pages];

    /// <summary>A mapped page. Shared memory knows which mapping made it and its place there.</summary>
    public record struct Page(Prot Prot, bool IsShared, int Origin, int Offset, bool IsLocked, bool IsDontFork);

    public Page? this[int page] => _pages[page];

    public int Count => _pages.Length;

    public void Map(int start, int count, Prot prot, bool isShared, int origin)
    {
        for (int i = 0; i < count; i++)
            _pages[start + i] = new Page(prot, isShared, isShared ? origin : 0, isShared ? i : 0, false, false);
    }

    public void Unmap(int start, int count) => Array.Clear(_pages, start, count);

    /// <summary>Changes pages up to the first hole.</summary>
    public Errno UpToHole(int start, int count, Func<Page, Page> change)
    {
        for (int i = start; i < start + count; i++)
        {
            if (_pages[i] is not { } page)
                return Errno.ENOMEM;
            _pages[i] = change(page);
        }

        return Errno.None;
    }

    /// <summary>Changes all pages there are, and says whether there was a hole.</summary>
    public Errno OverHoles(int start, int count, Func<Page, Page> change)
    {
        Errno error = Errno.None;
        for (int i = start; i < start + count; i++)
        {
            if (_pages[i] is { } page)
                _pages[i] = change(page);
            else
                error = Errno.ENOMEM;
        }

        return error;
    }

    /// <summary>MREMAP_FIXED without a change of size: what is there moves, gaps included; the first page must be there.</summary>
    public Errno Move(int start, int count, int target)
    {
        if (start < target + count && target < start + count)
            return Errno.EINVAL;
        if (_pages[start] is null)
        {
            // The first page is looked for before anything is unmapped.
            return Errno.EFAULT;
        }

        // A gap moves as a gap: what lies at its target stays.
        for (int i = 0; i < count; i++)
        {
            if (_pages[start + i] is not { } page)
                continue;
            _pages[target + i] = page;
            _pages[start + i] = null;
        }

        return Errno.None;
    }
}
