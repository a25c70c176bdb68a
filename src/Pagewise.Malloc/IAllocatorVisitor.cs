using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <summary>Does something with the allocator of a platform and a release, once these are known as types.</summary>
/// <typeparam name="TResult">What comes of it.</typeparam>
public interface IAllocatorVisitor<out TResult>
{
    /// <summary>Called with the types.</summary>
    TResult Visit<TAbi, TRelease>()
        where TAbi : struct, IMallocAbi
        where TRelease : struct, IGlibcRelease;
}
