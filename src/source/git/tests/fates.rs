//! Who brought something in, who took it away, and what still has it.

use super::*;
use crate::finding::{Fate, State};
use crate::origin::TextKind;

/// Reads the repository, then asks about one object.
fn fates_of(repository: &TestRepository, id: &str, kind: ObjectKind) -> Vec<Fate> {
    let git = repository.open();
    read(&git);
    let origin = Origin::new(Step::Repository { location: "repository".into() });
    let object = origin.with(Step::Object { id: id.into(), kind });
    let answers = git.fates(&[object.clone(), origin, object]).unwrap();
    assert_eq!(answers[1], []);
    assert_eq!(answers[0], answers[2]);
    answers[0].clone()
}

fn blob_fates(repository: &TestRepository, id: &str) -> Vec<Fate> {
    fates_of(repository, id, ObjectKind::Blob)
}

type Summary<'a> = (String, State, Option<&'a str>, Option<&'a str>, Vec<&'a str>);

/// Path, state, commit that brought it, commit that took it away, references.
fn summary(fates: &[Fate]) -> Vec<Summary<'_>> {
    fates
        .iter()
        .map(|fate| {
            (
                String::from_utf8_lossy(fate.path.as_deref().unwrap_or_default()).into_owned(),
                fate.state,
                fate.introduced.as_ref().map(|commit| commit.id.as_str()),
                fate.removed.as_ref().map(|commit| commit.id.as_str()),
                fate.refs.iter().map(String::as_str).collect(),
            )
        })
        .collect()
}

#[test]
fn a_file_that_is_there_names_the_commit_that_brought_it() {
    let repository = TestRepository::new();
    repository.commit("other", "other\n");
    let commit = repository.commit("folder/deep/file", "wanted\n");
    repository.commit("other", "more\n");
    let fates = blob_fates(&repository, &repository.id("HEAD:folder/deep/file"));
    assert_eq!(
        summary(&fates),
        [("folder/deep/file".into(), State::Live, Some(&*commit), None, vec!["refs/heads/main"])]
    );
    let introduced = fates[0].introduced.as_ref().unwrap();
    assert_eq!(introduced.author.as_deref(), Some("Ann Author"));
    assert_eq!(introduced.email.as_deref(), Some("ann@example.com"));
    assert_eq!(introduced.date, repository.git(&["show", "-s", "--format=%aI", &commit]));
    assert_eq!(fates[0].order, 1);
}

#[test]
fn a_file_that_was_removed_names_that_commit_and_the_tags_that_keep_it() {
    let repository = TestRepository::new();
    let added = repository.commit("file", "wanted\n");
    let id = repository.id("HEAD:file");
    repository.git(&["tag", "-a", "v1", "-m", "first"]);
    repository.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    let removed = repository.commit("file", "nothing\n");
    repository.commit("file", "nothing else\n");
    assert_eq!(
        summary(&blob_fates(&repository, &id)),
        [("file".into(), State::Removed, Some(&*added), Some(&*removed), vec!["refs/pull/7/head", "refs/tags/v1"])]
    );
    repository.git(&["repack", "-q", "-a", "-d"]);
    repository.git(&["pack-refs", "--all"]);
    assert_eq!(blob_fates(&repository, &id)[0].removed.as_ref().unwrap().id, removed);
}

#[test]
fn a_renamed_file_has_two_paths_and_one_that_came_back_is_live() {
    let repository = TestRepository::new();
    let added = repository.commit("old", "wanted\n");
    let id = repository.id("HEAD:old");
    repository.git(&["mv", "old", "new"]);
    let renamed = repository.commit_all("rename");
    assert_eq!(
        summary(&blob_fates(&repository, &id)),
        [
            ("old".into(), State::Removed, Some(&*added), Some(&*renamed), vec![]),
            ("new".into(), State::Live, Some(&*renamed), None, vec!["refs/heads/main"]),
        ]
    );
    let removed = repository.commit("new", "other\n");
    assert_eq!(summary(&blob_fates(&repository, &id))[1].3, Some(&*removed));
    repository.commit("new", "wanted\n");
    assert_eq!(
        summary(&blob_fates(&repository, &id))[1],
        ("new".into(), State::Live, Some(&*renamed), None, vec!["refs/heads/main"])
    );
}

#[test]
fn a_merge_that_repeats_what_a_branch_brought_is_not_named() {
    let repository = TestRepository::new();
    repository.commit("base", "base\n");
    repository.git(&["checkout", "-q", "-b", "side"]);
    let added = repository.commit("file", "wanted\n");
    let id = repository.id("HEAD:file");
    repository.git(&["checkout", "-q", "main"]);
    repository.commit("base", "changed\n");
    repository.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(
        summary(&blob_fates(&repository, &id)),
        [("file".into(), State::Live, Some(&*added), None, vec!["refs/heads/main", "refs/heads/side"])]
    );

    repository.git(&["checkout", "-q", "side"]);
    let removed = repository.commit("file", "gone\n");
    repository.git(&["checkout", "-q", "main"]);
    repository.commit("base", "changed again\n");
    repository.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(
        summary(&blob_fates(&repository, &id)),
        [("file".into(), State::Removed, Some(&*added), Some(&*removed), vec![])]
    );
}

#[test]
fn a_merge_that_brings_something_itself_is_named_and_so_is_one_that_drops_a_branch() {
    let repository = TestRepository::new();
    repository.commit("base", "base\n");
    repository.git(&["checkout", "-q", "-b", "side"]);
    let added = repository.commit("side-file", "of the side\n");
    let side = repository.id("HEAD:side-file");
    repository.git(&["checkout", "-q", "main"]);
    repository.commit("base", "changed\n");
    repository.git(&["merge", "-q", "--no-ff", "--no-commit", "-s", "ours", "side"]);
    let merge = repository.commit("evil", "only in the merge\n");
    assert_eq!(
        summary(&blob_fates(&repository, &repository.id("HEAD:evil"))),
        [("evil".into(), State::Live, Some(&*merge), None, vec!["refs/heads/main"])]
    );
    repository.git(&["branch", "-q", "-D", "side"]);
    assert_eq!(
        summary(&blob_fates(&repository, &side)),
        [("side-file".into(), State::Removed, Some(&*added), Some(&*merge), vec![])]
    );
}

#[test]
fn what_an_amend_left_behind_is_unreachable_and_still_names_its_commit() {
    let repository = TestRepository::new();
    repository.commit("base", "base\n");
    let amended = repository.commit("file", "wanted\n");
    let id = repository.id("HEAD:file");
    repository.write("file", "harmless\n");
    repository.git(&["commit", "-q", "-a", "--amend", "-m", "amended"]);
    assert_eq!(
        summary(&blob_fates(&repository, &id)),
        [("file".into(), State::Unreachable, Some(&*amended), None, vec![])]
    );
    let message = fates_of(&repository, &amended, ObjectKind::Commit);
    assert_eq!(
        (message[0].state, message[0].introduced.as_ref().unwrap().id.as_str()),
        (State::Unreachable, &*amended)
    );

    let reached = repository.commit("file", "wanted\n");
    assert_eq!(
        summary(&blob_fates(&repository, &id)),
        [("file".into(), State::Live, Some(&*reached), None, vec!["refs/heads/main"])]
    );
}

#[test]
fn a_staged_file_and_a_tagged_blob_have_no_commit() {
    let repository = TestRepository::new();
    repository.commit("base", "base\n");
    repository.write("staged", "staged\n");
    repository.git(&["add", "staged"]);
    let id = repository.id(":staged");
    assert_eq!(summary(&blob_fates(&repository, &id)), [("staged".to_owned(), State::Live, None, None, vec!["index"])]);
    repository.git(&["tag", "blob", &id]);
    repository.git(&["rm", "-q", "--cached", "staged"]);
    assert_eq!(
        summary(&blob_fates(&repository, &id)),
        [(String::new(), State::Removed, None, None, vec!["refs/tags/blob"])]
    );
}

#[test]
fn a_file_with_marks_of_a_conflict_is_live_at_its_path() {
    let repository = TestRepository::new();
    repository.commit("a", "base\n");
    repository.git(&["checkout", "-q", "-b", "other"]);
    repository.commit("a", "theirs\n");
    repository.git(&["checkout", "-q", "main"]);
    repository.commit("a", "ours\n");
    let merge = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "merge", "-q", "other"])
        .current_dir(repository.path())
        .output()
        .unwrap();
    assert!(!merge.status.success());
    let id = repository.id("AUTO_MERGE:a");
    assert_eq!(summary(&blob_fates(&repository, &id)), [("a".to_owned(), State::Live, None, None, vec!["AUTO_MERGE"])]);
}

#[test]
fn stashes_keep_what_was_tracked_and_what_was_not() {
    let repository = TestRepository::new();
    repository.commit("file", "base\n");
    repository.write("file", "first stash\n");
    repository.git(&["stash", "-q"]);
    repository.write("untracked", "second stash\n");
    repository.git(&["stash", "-q", "-u"]);
    let first = blob_fates(&repository, &repository.id("stash@{1}:file"));
    assert_eq!((first[0].state, first[0].refs.as_slice()), (State::Removed, &["refs/stash@{1}".to_owned()][..]));
    let second = blob_fates(&repository, &repository.id("stash@{0}^3:untracked"));
    assert_eq!((second[0].state, second[0].refs.as_slice()), (State::Removed, &["refs/stash".to_owned()][..]));
}

#[test]
fn messages_of_commits_and_tags_are_where_these_are() {
    let repository = TestRepository::new();
    let first = repository.commit("a", "one\n");
    repository.git(&["tag", "-a", "v1", "-m", "words"]);
    let tag = repository.id("v1");
    let live = fates_of(&repository, &first, ObjectKind::Commit);
    assert_eq!((live[0].state, live[0].path.is_none(), live[0].refs.is_empty()), (State::Live, true, true));

    let side = repository.commit("a", "two\n");
    repository.git(&["tag", "light"]);
    repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let removed = fates_of(&repository, &side, ObjectKind::Commit);
    assert_eq!((removed[0].state, removed[0].refs.as_slice()), (State::Removed, &["refs/tags/light".to_owned()][..]));

    let tagged = fates_of(&repository, &tag, ObjectKind::Tag);
    let tagger = tagged[0].introduced.as_ref().unwrap();
    assert_eq!((tagged[0].state, tagger.author.as_deref()), (State::Live, Some("Carl Committer")));
    repository.git(&["tag", "-d", "v1"]);
    assert_eq!(fates_of(&repository, &tag, ObjectKind::Tag)[0].state, State::Unreachable);
}

#[test]
fn a_file_name_has_the_paths_it_stands_in() {
    let repository = TestRepository::new();
    let added = repository.commit("folder/odd-name/file", "one\n");
    repository.git(&["rm", "-q", "-r", "folder"]);
    let removed = repository.commit("other", "two\n");
    let git = repository.open();
    read(&git);
    let name = Origin::new(Step::Repository { location: "repository".into() })
        .at_path("odd-name")
        .with(Step::Text { kind: TextKind::FileName });
    let fates = git.fates(&[name]).unwrap().remove(0);
    assert_eq!(summary(&fates), [("folder/odd-name".into(), State::Removed, Some(&*added), Some(&*removed), vec![])]);
}

#[test]
fn detached_heads_of_linked_work_trees_are_live() {
    let repository = TestRepository::new();
    repository.commit("base", "base\n");
    let elsewhere = TestRepository::none();
    let work_tree = elsewhere.path().join("linked");
    repository.git(&["worktree", "add", "-q", "--detach", work_tree.to_str().unwrap()]);
    fs::write(work_tree.join("file"), "wanted\n").unwrap();
    repository.git_in(&work_tree, &["add", "file"]);
    repository.git_in(&work_tree, &["commit", "-q", "-m", "detached"]);
    let id = repository.git_in(&work_tree, &["rev-parse", "HEAD:file"]);
    let fates = blob_fates(&repository, &id);
    assert_eq!((fates[0].state, fates[0].refs.as_slice()), (State::Live, &["worktrees/linked/HEAD".to_owned()][..]));
}

#[test]
fn a_tree_that_expands_without_end_does_not_stop_the_answer() {
    let repository = TestRepository::new();
    repository.write("seed", "wanted\n");
    let blob = repository.git(&["hash-object", "-w", "seed"]);
    let mut entry = format!("100644 blob {blob}\tx\n");
    let mut tree = String::new();
    for _ in 0..12 {
        repository.write("listing", &entry);
        let listing = fs::File::open(repository.path().join("listing")).unwrap();
        let output = Command::new("git").current_dir(repository.path()).arg("mktree").stdin(listing).output().unwrap();
        tree = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        entry = (0..12).map(|number| format!("040000 tree {tree}\td{number:02}\n")).collect();
    }
    let commit = repository.git(&["commit-tree", "-m", "bomb", &tree]);
    repository.git(&["update-ref", "refs/heads/main", &commit]);
    let fates = blob_fates(&repository, &blob);
    let (rest, told) = fates.split_last().unwrap();
    assert_eq!(told.len(), 8192);
    assert!(told.iter().all(|fate| fate.path.is_some() && !fate.is_rest));
    assert!(rest.path.is_none() && rest.is_rest);
    assert!(fates.iter().all(|fate| fate.state == State::Live));
}

/// That one thing has more paths than there is time for says nothing of others, wherever they stand.
#[test]
fn what_has_few_paths_has_them_all_beside_what_has_too_many() {
    let repository = TestRepository::new();
    let tree_of = |listing: &str| {
        repository.write("listing", listing);
        let listing = fs::File::open(repository.path().join("listing")).unwrap();
        let output = Command::new("git").current_dir(repository.path()).arg("mktree").stdin(listing).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let blob_of = |text: &str| {
        repository.write("seed", text);
        repository.git(&["hash-object", "-w", "seed"])
    };
    let (many, once) = (blob_of("many\n"), blob_of("once\n"));
    let below = tree_of(&format!("100644 blob {once}\tsingle\n"));
    let mut entry = format!("100644 blob {many}\tx\n");
    for depth in 0..7 {
        let tree = tree_of(&entry);
        let folders = (0..10).map(|number| format!("040000 tree {tree}\td{number}\n"));
        let first = (depth == 6).then(|| format!("040000 tree {below}\taa\n"));
        entry = first.into_iter().chain(folders).collect();
    }
    let commit = repository.git(&["commit-tree", "-m", "bomb", &tree_of(&entry)]);
    repository.git(&["update-ref", "refs/heads/bomb", &commit]);
    repository.write("file", "once\n");
    repository.git(&["add", "file"]);
    repository.git(&["commit", "-q", "-m", "one file"]);
    let git = repository.open();
    read(&git);
    let origin = Origin::new(Step::Repository { location: "repository".into() });
    let objects = [&many, &once].map(|id| origin.with(Step::Object { id: id.clone(), kind: ObjectKind::Blob }));
    let fates = git.fates(&objects).unwrap();
    assert!(fates[0].len() == 8193 && fates[0].last().is_some_and(|fate| fate.is_rest));
    let mut told: Vec<_> = summary(&fates[1]).into_iter().map(|(path, state, ..)| (path, state)).collect();
    told.sort();
    assert_eq!(told, [("aa/single".to_owned(), State::Live), ("file".to_owned(), State::Live)]);
}

#[test]
fn a_repository_with_holes_is_answered_as_far_as_it_goes() {
    let repository = TestRepository::new();
    let first = repository.commit("file", "wanted\n");
    let id = repository.id("HEAD:file");
    let second = repository.commit("other", "two\n");
    repository.commit("third", "three\n");
    for object in [repository.id(&format!("{first}^{{tree}}")), second] {
        fs::remove_file(repository.dot_git(&format!("objects/{}/{}", &object[..2], &object[2..]))).unwrap();
    }
    let fates = blob_fates(&repository, &id);
    assert_eq!((fates.len(), fates[0].state), (1, State::Live));
}

#[test]
fn history_with_sha256_is_answered() {
    let repository = TestRepository::with(&["--object-format=sha256"]);
    let added = repository.commit("file", "wanted\n");
    let id = repository.id("HEAD:file");
    let removed = repository.commit("file", "gone\n");
    assert_eq!(
        summary(&blob_fates(&repository, &id)),
        [("file".into(), State::Removed, Some(&*added), Some(&*removed), vec![])]
    );
}
