using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.PageCache;

/// <content>Counts everything anew and compares.</content>
public sealed partial class FilePages
{
    /// <summary>
    /// Walks every file's pages: counts of cached, dirty and written pages, the tags that find them, and the list of files
    /// with dirty pages.
    /// </summary>
    /// <exception cref="InvalidOperationException">A count or a tag is wrong; the message says which.</exception>
    public void Validate()
    {
        long dirty = 0, writeback = 0, dirtyInodes = 0, shadowNodes = 0;
        for (int inode = 1; inode < _inodes.Inodes.HighWater; inode++)
        {
            ref Inode file = ref _inodes.Inodes[inode];
            ValidateValues(inode, in file);
            shadowNodes += _index.CountShadowNodes(in file.Pages);
            if (file.Pages.Head == 0 || file.Kind != InodeKind.Regular)
                continue;
            long dirtyHere = ValidateTag(inode, PageTag.Dirty, PageFlags.Dirty);
            Check(dirtyHere == file.DirtyPages, $"inode {inode}: {dirtyHere} pages are dirty, the count says {file.DirtyPages}");
            dirty += dirtyHere;
            dirtyInodes += dirtyHere > 0 ? 1 : 0;
            writeback += ValidateTag(inode, PageTag.Writeback, PageFlags.Writeback);
        }

        Check(shadowNodes == _stat.WorkingsetNodes, $"{shadowNodes} nodes keep nothing but shadows, workingset_nodes says {_stat.WorkingsetNodes}");
        _inodes.ValidateUnused();
        _index.ValidateShadowNodes();
        Check(_index.ShadowNodes.Total == shadowNodes, $"{shadowNodes} nodes keep nothing but shadows, {_index.ShadowNodes.Total} are listed");
        Check(dirty == _stat.NrDirty, $"{dirty} pages are dirty, nr_dirty says {_stat.NrDirty}");
        // Swap writes too.
        Check(writeback <= _stat.NrWriteback, $"{writeback} pages are being written, nr_writeback says {_stat.NrWriteback}");
        if (Writeback is not null)
            Check(dirtyInodes == Writeback.DirtyInodes, $"{dirtyInodes} files have dirty pages, {Writeback.DirtyInodes} are listed");
    }

    /// <summary>Shadows, and of shared memory the slots of swap, as often as the counts say.</summary>
    private void ValidateValues(int inode, in Inode file)
    {
        long shadows = 0, slots = 0;
        for (ulong index = 0; file.Pages.Head != 0; index++)
        {
            ulong entry = _index.Next(in file.Pages, ref index, ulong.MaxValue >> 12);
            if (entry == 0)
                break;
            if (!XaNode.IsValue(entry) || entry == XaNode.Shadow)
                continue;
            if (file.Kind == InodeKind.Shmem)
            {
                slots += SwpEntry.FromIndexEntry(entry).IsLost ? 0 : 1;
                continue;
            }

            shadows++;
            Check(_lru.IsKnownShadow(entry), $"inode {inode}, page {index}: the shadow {entry:x} is of no node and cgroup that there is");
        }

        Check(shadows == file.ShadowPages, $"inode {inode}: {shadows} shadows, the count says {file.ShadowPages}");
        Check(slots == file.SwappedPages, $"inode {inode}: {slots} pages are in swap, the count says {file.SwappedPages}");
    }

    private static void Check(bool isRight, string wrong)
    {
        if (!isRight)
            throw new InvalidOperationException(wrong);
    }

    /// <summary>Pages that have a flag; each, and no other, has to be found by its tag.</summary>
    private long ValidateTag(int inode, PageTag tag, PageFlags flag)
    {
        const ulong last = ulong.MaxValue >> 12;
        long count = 0;
        ulong tagged = 0;
        uint next = NextTagged(inode, ref tagged, last, tag);
        ulong index = 0;
        for (uint pfn = NextFrame(inode, ref index, last); pfn != 0; index++, pfn = NextFrame(inode, ref index, last))
        {
            bool hasFlag = (_memMap[pfn].Flags & flag) != 0;
            Check(hasFlag == (next != 0 && tagged == index), $"inode {inode}, page {index}: its flags ({_memMap[pfn].Flags}) and its tag ({tag}) differ");
            if (!hasFlag)
                continue;
            count++;
            tagged++;
            next = NextTagged(inode, ref tagged, last, tag);
        }

        Check(next == 0, $"inode {inode}, page {tagged}: a tag ({tag}) without a page");
        return count;
    }
}
