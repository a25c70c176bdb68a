namespace Pagewise.Kernel.PageCache;

/// <summary>Reaches the entries that map a page of a file, for whoever writes it (folio_mkclean, mm/rmap.c).</summary>
public interface IPageMkclean
{
    /// <summary>Makes the entries of a page read-only and clean, so that the next store faults.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="index">The page.</param>
    /// <returns>Whether an entry was writable or dirty.</returns>
    bool MkClean(int inode, ulong index);
}
