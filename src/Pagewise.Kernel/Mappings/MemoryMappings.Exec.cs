using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>A free place as mmap without a file would find it (get_unmapped_area).</summary>
    internal SysResult FindUnmapped(in Current current, ulong hint, ulong length) =>
        _unmappedArea.Get(in current, Placement.Anonymous, hint, length, 0, MapFlags.None);

    /// <summary>The initial stack: one area, charged and counted (insert_vm_struct and acct_stack_growth).</summary>
    internal Errno MapStack(in Current current, ulong start, ulong end, VmFlags flags)
    {
        ulong pages = (end - start) >> 12;
        if (!_account.MayExpand(in current, flags, pages) || !_account.TryCharge(in current, pages))
            return Errno.ENOMEM;
        int vma = NewArea(current.Mm, start, end, flags, start >> 12);
        if (vma == 0)
        {
            _account.Uncharge(pages);
            return Errno.ENOMEM;
        }

        LinkArea(current.Mm, vma);
        _account.StatAccount(current.Mm, flags, (long)pages);
        return Errno.None;
    }

    /// <summary>A mapping of the kernel's own pages (_install_special_mapping): never split, grown or merged.</summary>
    internal Errno MapSpecial(in Current current, ulong address, ulong pages, VmFlags flags, VmaName name)
    {
        flags |= VmFlags.DontExpand;
        int vma = NewArea(current.Mm, address, address + (pages << 12), flags, 0);
        if (vma == 0)
            return Errno.ENOMEM;
        _vmas[vma].Name = name;
        LinkArea(current.Mm, vma);
        _account.StatAccount(current.Mm, flags, (long)pages);
        return Errno.None;
    }
}
